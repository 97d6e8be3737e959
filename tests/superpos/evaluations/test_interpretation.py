"""Evaluations on texts that are held out: fit, explanations, and what is spliced in."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import data, evaluations, interp, saes
from superpos.arguments import ArgumentError
from superpos.evaluations.interpretation import EXPLAINERS, SCORERS
from superpos.models.transformer import select
from superpos.types import Members
from tests import texts

N_TEXTS = 60
MODEL = saes.relu(d_in=texts.D_MLP, d_code=texts.D_MLP)


@functools.cache
def given() -> dict[str, jax.Array]:
    return texts.activations(N_TEXTS)


def source():
    return data.text_activations(n_features=texts.D_MLP, activations=given())


def identity():
    """An autoencoder whose latents are the inputs above a threshold; of the first, token 3."""
    params, state = MODEL.init(jax.random.key(0))
    eye = jnp.eye(texts.D_MLP)
    bias = jnp.full(texts.D_MLP, -1.6).at[0].set(-2.5).at[1].set(-100.0)
    zeros = jnp.zeros(texts.D_MLP)
    return params.replace(W_enc=eye, W_dec=eye, b_enc=bias, b_dec=zeros), state


@functools.cache
def measure():
    made = evaluations.interpretation(
        model=MODEL, source=source(), activations=given(), n_latents=30, min_active=20
    )
    return jax.jit(made.measure)


@pytest.fixture(scope="module")
def measured() -> dict[str, np.ndarray]:
    found = measure()(*identity(), jax.random.key(0))
    return {name: np.asarray(each) for name, each in found.items()}


def codes() -> np.ndarray:
    params, _ = identity()
    return np.maximum(np.asarray(given()["held_out"][0]) + np.asarray(params.b_enc), 0)


def test_latents_are_drawn_from_those_that_are_active_often_enough(measured) -> None:
    active = (codes() > 0).reshape(N_TEXTS, texts.LENGTH, -1).any(axis=1).sum(axis=0)
    eligible = np.flatnonzero(active >= 20)
    numbers = measured["latent_number"]
    assert len(numbers) == texts.D_MLP  # no more than there are
    there = numbers[numbers >= 0]
    assert sorted(there) == [*eligible] and 1 not in there
    np.testing.assert_allclose(measured["eligible_share"], len(eligible) / texts.D_MLP)
    np.testing.assert_allclose(
        measured["active_share"][: len(there)], (codes() > 0).mean(axis=0)[there], rtol=1e-6
    )
    assert np.isnan(measured["simulation"][len(there) :]).all()


def test_a_latent_of_one_token_is_known_for_that(measured) -> None:
    at = [*measured["latent_number"]].index(0)
    noise = [*measured["latent_number"]].index(5)
    top = EXPLAINERS.index("top_1")
    assert measured["largest_token_share"][at] > 0.8 > 0.2 > measured["largest_token_share"][noise]
    assert measured["token_entropy"][at] < 0.5 * measured["shuffled_token_entropy"][at]
    entropy, shuffled = (measured[f"{name}token_entropy"][noise] for name in ("", "shuffled_"))
    assert abs(entropy / shuffled - 1) < 0.1
    assert measured["detection"][at, top] > 0.9
    assert abs(measured["detection"][noise, top] - 0.5) < 0.25
    assert abs(measured["context_gain"][at]) < 0.2


def test_what_is_shown_is_the_explanation_of_a_latent_that_is_there() -> None:
    """All but the first and the fifth are never active, so that these two are shown."""
    params, state = identity()
    bias = jnp.full(texts.D_MLP, -100.0).at[jnp.array([0, 5])].set(params.b_enc[jnp.array([0, 5])])
    found = measure()(params.replace(b_enc=bias), state, jax.random.key(0))
    first, second = (int(each) for each in found["latent_number"][:2])
    explained = interp.from_bytes(np.asarray(found["explanation"]))
    assert {first, second} == {0, 5} and not any(explained[2:])
    shown = dict(zip((first, second), explained, strict=False))
    assert "w3" in shown[0] and shown[5] and "w3" not in shown[5]


def test_floors_and_deviations_stand_beside_scores(measured) -> None:
    constant = EXPLAINERS.index("constant")
    there = measured["latent_number"] >= 0
    for name in SCORERS:
        shape = measured[name].shape
        assert shape == measured[f"{name}_floor"].shape == (len(there), len(EXPLAINERS))
        assert measured[f"{name}_reseed_sd"].shape == shape
    np.testing.assert_allclose(measured["simulation"][there][:, constant], 0, atol=1e-9)
    detection = measured["detection"][there][:, constant]
    np.testing.assert_allclose(detection[np.isfinite(detection)], 0.5, atol=1e-9)
    assert np.isfinite(detection).mean() > 0.5


def test_excerpts_are_where_a_latent_is_most_active(measured) -> None:
    number = measured["latent_number"][0]
    windows = codes()[:, number].reshape(N_TEXTS, texts.LENGTH)
    best = np.argsort(-windows.max(axis=1), kind="stable")[:6]
    np.testing.assert_allclose(measured["excerpt_activations"][0], windows[best], rtol=1e-6)
    shown = [interp.from_bytes(row) for row in measured["excerpt_text"][0]]
    tokens = np.asarray(given()["tokens"])[best]
    assert shown == [[texts.VOCABULARY[token] for token in row] for row in tokens]


def test_the_fit_is_on_what_is_held_out() -> None:
    made = evaluations.held_out_fit(model=MODEL, source=source())
    found = made.measure(*identity(), jax.random.key(0))
    code, inputs = codes(), np.asarray(given()["held_out"][0])
    np.testing.assert_allclose(found["held_out_l0"], (code > 0).sum(axis=1).mean(), rtol=1e-6)
    centred = inputs - inputs.mean(axis=0)
    explained = 1 - np.square(inputs - code).sum() / np.square(centred).sum()
    np.testing.assert_allclose(found["held_out_explained_variance"], explained, rtol=1e-4)
    np.testing.assert_allclose(found["held_out_dead_share"], 1 / texts.D_MLP, rtol=1e-6)


def test_spliced_losses_are_those_of_the_chosen_transformer() -> None:
    """On what it says itself, so that it loses by an ablation; beside one block after another."""
    one = texts.read_transformers()
    params = jax.tree.map(lambda leaf: jnp.concatenate([leaf, 1.5 * leaf]), one.params)
    both = Members(one.model, params, ())
    bias = identity()[0].b_enc
    edits = {
        "clean": lambda x: x,
        "spliced": lambda x: x.at[1:].set(jnp.maximum(x[1:] + bias[None], 0)),
        "ablated": jnp.zeros_like,
    }
    chosen = jax.tree.map(lambda leaf: leaf[1], params)
    logits = {name: by_hand(one.model.transformer, chosen, edit) for name, edit in edits.items()}
    said = given()["tokens"]
    for at in range(1, texts.LENGTH):
        said = said.at[:, at].set(logits["clean"](said)[:, at - 1].argmax(axis=-1))
    made = evaluations.spliced(
        model=MODEL,
        transformers=both,
        activations={**given(), "tokens": said, "layers": (1,)},
        layer=1,
        transformer=1,
    )
    found = jax.jit(made.measure)(*identity(), jax.random.key(0))
    losses = {name: losses_of(np.asarray(each(said)), said) for name, each in logits.items()}
    for name, expected in losses.items():
        np.testing.assert_allclose(found[f"{name}_loss"], expected.mean(), rtol=1e-5)
    cost = losses["ablated"] - losses["clean"]
    assert cost.mean() > 5 * cost.std() / len(cost) ** 0.5
    kept = (losses["ablated"] - losses["spliced"]).mean() / cost.mean()
    assert abs(kept) > 0.01
    np.testing.assert_allclose(found["loss_recovered"], kept, rtol=1e-3)


def by_hand(model, params, edit):
    """Texts -> logits, block after block, with the hidden layer of the second one edited."""

    def logits(text):
        stream = model.embed(params, text)
        for number in range(model.architecture.n_layers):
            here = edit if number == 1 else (lambda hidden: hidden)
            stream, _ = model.block(select(params.layers, number), stream, here)
        return model.unembed(params, stream)

    return jax.jit(jax.vmap(logits))


def losses_of(logits: np.ndarray, tokens: jax.Array) -> np.ndarray:
    """Means over the tokens of each text but the first, in float64."""
    scores = logits[:, :-1].astype(float)
    logs = scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))
    return -np.take_along_axis(logs, np.asarray(tokens)[:, 1:, None], axis=-1).mean(axis=(1, 2))


def test_what_has_no_texts_is_refused_in_one_line() -> None:
    plain = data.sparse_uniform(n_features=texts.D_MLP, density=0.5)
    for make in (
        lambda: evaluations.held_out_fit(model=MODEL, source=plain),
        lambda: evaluations.interpretation(model=MODEL, source=plain, activations=given()),
    ):
        with pytest.raises(ArgumentError, match="source: expected one that holds examples out"):
            make()
    without = {name: each for name, each in given().items() if name != "vocabulary"}
    with pytest.raises(ArgumentError, match="activations: has no vocabulary"):
        evaluations.interpretation(model=MODEL, source=source(), activations=without)
    shorter = {**given(), "tokens": given()["tokens"][:1]}
    with pytest.raises(ArgumentError, match=r"activations\.tokens of shape \(1, 15\)"):
        evaluations.interpretation(model=MODEL, source=source(), activations=shorter)
    of_one = {**given(), "document": 0 * given()["document"]}
    with pytest.raises(ArgumentError, match="activations.document: expected 2 documents or more"):
        evaluations.interpretation(model=MODEL, source=source(), activations=of_one)
    narrow = {**given(), "tokens": given()["tokens"].reshape(-1, 5)}
    with pytest.raises(
        ArgumentError, match=r"activations.tokens of shape \(180, 5\): .* 9 or more"
    ):
        evaluations.interpretation(model=MODEL, source=source(), activations=narrow)
    toys = Members(MODEL, *identity())
    with pytest.raises(ArgumentError, match="transformers: expected language models"):
        evaluations.spliced(model=MODEL, transformers=toys, activations=given(), layer=0)
