"""Evaluations on texts that are held out: fit, explanations, and what is spliced in."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import data, evaluations, interp, metrics, saes
from superpos.arguments import ArgumentError
from superpos.evaluations.interpretation import EXPLAINERS, SCORERS
from superpos.interp.splicing import spliced_losses
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


@pytest.fixture(scope="module")
def measured() -> dict[str, np.ndarray]:
    made = evaluations.interpretation(
        model=MODEL, source=source(), activations=given(), n_latents=30, min_active=20
    )
    found = jax.jit(made.measure)(*identity(), jax.random.key(0))
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
    explained = interp.from_bytes(measured["explanation"])
    if at < len(explained):
        assert "w3" in explained[at]


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
    one = texts.read_transformers()
    params = jax.tree.map(lambda leaf: jnp.concatenate([leaf, 1.5 * leaf]), one.params)
    both = Members(one.model, params, ())
    of_layer = {**given(), "layers": (1,)}
    made = evaluations.spliced(
        model=MODEL, transformers=both, activations=of_layer, layer=1, transformer=1
    )
    found = jax.jit(made.measure)(*identity(), jax.random.key(0))
    bias = identity()[0].b_enc
    expected = spliced_losses(
        model=one.model.transformer,
        params=jax.tree.map(lambda leaf: 1.5 * leaf[0], one.params),
        tokens=given()["tokens"],
        layer=1,
        site="mlp",
        reconstruct=lambda x: x.at[1:].set(jnp.maximum(x[1:] + bias[None], 0)),
    )
    for name in ("clean", "spliced", "ablated"):
        np.testing.assert_allclose(found[f"{name}_loss"], getattr(expected, name).mean(), rtol=1e-5)
    recovered = metrics.loss_recovered(*expected)
    np.testing.assert_allclose(found["loss_recovered"], recovered, rtol=1e-3)


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
