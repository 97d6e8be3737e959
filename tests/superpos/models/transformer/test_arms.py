"""Arms of trained and randomised transformers: what each leaves, and what it does away with."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.models.transformer import Transformer, TransformerParams, quantise, read
from superpos.models.transformer.arms import Arm, arm, arms_of
from tests.superpos.models.transformer.golden import GOLDEN

TOKENS = np.array([3, 7, 3, 11, 7, 3, 40, 3], np.int32)


ORDERED = "token_alone + less_token_means + matched_gaussian"


@functools.cache
def golden() -> tuple[Transformer, TransformerParams]:
    return read(GOLDEN / "gpt_neox_serial")


def activations(name: str, site: str = "mlp", layer: int = 1, seed: int = 0) -> np.ndarray:
    model, params = golden()
    found = arm(name)
    run = jax.jit(
        functools.partial(found.text_activations, model, layers=(layer,), site=site),
    )
    return np.asarray(run(params, jnp.asarray(TOKENS), jax.random.key(seed)))[0]


def test_trained_activations_are_those_of_the_forward_pass() -> None:
    model, params = golden()
    trace = jax.jit(model.apply)(params, jnp.asarray(TOKENS))
    np.testing.assert_allclose(activations("trained"), trace.mlp[1], atol=1e-6)
    np.testing.assert_allclose(activations("trained", layer=0), trace.mlp[0], atol=1e-6)
    last = model.architecture.n_layers
    for layer in (0, last):
        found = activations("trained", "residual", layer)
        np.testing.assert_allclose(found, trace.residual[layer], atol=1e-5)


def test_a_token_alone_has_one_activation_wherever_it_stands() -> None:
    found = activations("trained + token_alone")
    again = np.flatnonzero(TOKENS == 3)
    assert np.abs(found[again] - found[0]).max() < 1e-6
    assert np.abs(found[1] - found[0]).max() > 1e-3
    in_context = activations("trained")
    assert np.abs(in_context[again] - in_context[0]).max() > 1e-3
    _, params = golden()
    embedded = activations("trained + token_alone", "residual", 2)
    np.testing.assert_array_equal(embedded, params.embedding[TOKENS])


def test_noise_in_place_of_embeddings_knows_nothing_of_the_tokens() -> None:
    found = activations("trained + noise_embeddings", "residual", 0)
    again = np.flatnonzero(TOKENS == 3)
    assert np.abs(found[again[1:]] - found[0]).min(axis=-1).max() > 1e-6
    assert len(np.unique(found.round(5), axis=0)) == len(TOKENS)
    assert not np.array_equal(
        found, activations("trained + noise_embeddings", "residual", 0, seed=1)
    )


def test_noise_has_the_mean_and_the_deviation_of_the_embeddings() -> None:
    model, params = golden()
    many = jnp.zeros(8, jnp.int32)
    run = jax.jit(
        lambda key: arm("trained + noise_embeddings").text_activations(
            model, params, many, key, layers=(0,), site="residual"
        )
    )
    drawn = np.asarray(jax.lax.map(run, jax.random.split(jax.random.key(0), 2000)))
    drawn = drawn.reshape(-1, drawn.shape[-1])
    deviation = np.asarray(params.embedding).std(0)
    mean = np.asarray(params.embedding).mean(0)
    assert np.abs((drawn.mean(0) - mean) / deviation).max() < 5 / len(drawn) ** 0.5
    assert np.abs(drawn.std(0) / deviation - 1).max() < 5 / len(drawn) ** 0.5


def test_matched_vectors_stand_in_place_of_the_activations_alone() -> None:
    rows = jnp.asarray(np.random.default_rng(0).uniform(size=(500, 4)).astype(np.float32))
    tokens = jnp.zeros(500, jnp.int32)
    given = (jax.random.key(0), rows, tokens, jnp.arange(100))
    found = np.asarray(arm("trained + matched_gaussian").all_activations(*given, n_tokens=2))
    assert abs(found.mean(0) - rows.mean(0)).max() < 0.1
    assert found.min() < 0 < rows.min()
    assert arm("gaussian").all_activations(*given, n_tokens=2) is rows


def test_means_by_token_are_those_of_the_examples_that_are_fitted() -> None:
    rows = np.random.default_rng(0).uniform(size=(6, 2)).astype(np.float32)
    tokens, fitted = np.array([0, 1, 0, 1, 0, 2]), np.array([0, 1, 2])
    found = np.asarray(
        arm("trained + less_token_means").all_activations(
            jax.random.key(0),
            jnp.asarray(rows),
            jnp.asarray(tokens),
            jnp.asarray(fitted),
            n_tokens=3,
        )
    )
    means = np.stack([rows[[0, 2]].mean(0), rows[1], rows[:3].mean(0)])
    np.testing.assert_allclose(found, rows - means[tokens], atol=1e-6)


def test_weights_are_those_of_the_scheme() -> None:
    _, params = golden()
    key = jax.random.key(0)
    assert arm("trained").params(key, params) is params
    kept = arm("shuffle_entries + embeddings_kept").params(key, params)
    np.testing.assert_array_equal(kept.embedding, params.embedding)
    moved = arm("shuffle_entries").params(key, params)
    np.testing.assert_array_equal(
        np.sort(moved.embedding, axis=None), np.sort(params.embedding, axis=None)
    )
    assert not np.array_equal(moved.embedding, params.embedding)
    np.testing.assert_array_equal(moved.layers.up.W, kept.layers.up.W)
    anew = arm("reinitialise").params(key, params)
    assert abs(float(anew.layers.up.W.std()) - 0.02) < 0.002


def test_quantised_weights_are_rounded_after_they_are_randomised() -> None:
    _, params = golden()
    rng = np.random.default_rng(0)

    def wider(leaf: jax.Array) -> jax.Array:
        """Matrices of a width that blocks of 32 divide, as these need not fit together."""
        shape = (*leaf.shape[:-2], 64, 32)
        return jnp.asarray(rng.normal(size=shape), jnp.float32) if leaf.ndim > 1 else leaf

    wide = jax.tree.map(wider, params)
    wide = wide.replace(layers=jax.tree.map(wider, params.layers))
    key = jax.random.key(0)
    found = arm("gaussian + quantised").params(key, wide)
    expected = quantise(arm("gaussian").params(key, wide))
    jax.tree.map(np.testing.assert_array_equal, found, expected)


@pytest.mark.parametrize(
    ("names", "line"),
    [
        (["traind"], "arms='traind': expected one of trained, .*did you mean trained"),
        (["gaussian + kept"], "kept, expected one of embeddings_kept"),
        (["trained + embeddings_kept"], "changes nothing there"),
        (["gaussian + quantised + quantised"], "expected each change once"),
        (["gaussian", "gaussian"], "expected each once"),
        (["gaussian + quantised", "gaussian+quantised"], "expected each once"),
        (
            [f"trained + {each}" for each in (ORDERED, " + ".join(ORDERED.split(" + ")[::-1]))],
            "expected each once",
        ),
        (["trained + token_alone + noise_embeddings"], "noise_embeddings or token_alone, not both"),
        ([], "expected names"),
        ("trained", "expected names"),
    ],
)
def test_an_arm_that_is_none_is_one_line(names: list[str], line: str) -> None:
    with pytest.raises(ArgumentError, match=line) as caught:
        arms_of(names)
    assert "\n" not in str(caught.value)


def test_an_arm_has_one_name() -> None:
    turned = arm("trained+less_token_means +token_alone")
    assert turned.name == "trained + token_alone + less_token_means"
    assert arm(turned.name) == turned


def test_the_parts_that_a_text_sees_are_few() -> None:
    assert arm("gaussian + quantised").of_text == arm("trained")
    assert arm("reinitialise + token_alone").of_text == Arm("trained", ("token_alone",))
