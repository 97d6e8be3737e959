"""The parts of the forward pass: they give what the whole gives, and can be changed in between."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.models.transformer import read, select, token_losses
from tests.superpos.models.transformer.golden import GOLDEN

TOKENS = jnp.array([3, 1, 4, 1, 5, 9, 2, 6])


def test_parts_of_a_pass_give_what_the_whole_gives() -> None:
    model, params = read(GOLDEN / "gpt_neox")
    whole = jax.jit(model.apply)(params, TOKENS)
    blocks = jax.jit(model.blocks)
    before, _ = blocks(select(params.layers, slice(1)), model.embed(params, TOKENS))
    after, hidden = jax.jit(model.block)(select(params.layers, 1), before[-1])
    rest, _ = blocks(select(params.layers, slice(2, None)), after)
    np.testing.assert_allclose(before[0], whole.residual[1], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(hidden, whole.mlp[1], rtol=1e-5, atol=1e-5)
    logits = model.unembed(params, rest[-1])
    np.testing.assert_allclose(logits, whole.logits, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["gpt_neox", "gpt_neox_serial"])
def test_an_edit_takes_the_place_of_the_hidden_layer(name: str) -> None:
    model, params = read(GOLDEN / name)
    layer, residual = select(params.layers, 0), model.embed(params, TOKENS)
    plain, hidden = jax.jit(model.block)(layer, residual)
    double = functools.partial(model.block, edit=lambda hidden: 2 * hidden)
    twice, edited = jax.jit(double)(layer, residual)
    np.testing.assert_allclose(edited, 2 * hidden, rtol=1e-6)
    np.testing.assert_allclose(twice - plain, hidden @ layer.down.W, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["llama", "gpt2", "gpt_neox"])
def test_no_token_sees_a_later_one(name: str) -> None:
    model, params = read(GOLDEN / name)
    apply = jax.jit(model.apply)
    whole, part = apply(params, TOKENS), apply(params, TOKENS[:5])
    np.testing.assert_allclose(part.logits, whole.logits[:5], rtol=1e-5, atol=1e-5)
    other = apply(params, TOKENS.at[0].set(7))
    assert (jnp.abs(other.logits - whole.logits).max(axis=-1) > 1e-3).all()


def test_the_loss_of_a_token_is_its_surprisal() -> None:
    logits = np.random.default_rng(0).normal(size=(4, 6))
    tokens = np.array([0, 5, 2, 2])
    shares = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    expected = [-np.log(shares[i, tokens[i + 1]]) for i in range(3)]
    found = token_losses(jnp.asarray(logits, jnp.float32), jnp.asarray(tokens))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_text_is_one_row_no_longer_than_its_positions() -> None:
    model, params = read(GOLDEN / "gpt2")
    with pytest.raises(ArgumentError, match="tokens: 17 of them, expected at most the 16 position"):
        model.apply(params, jnp.zeros(17, int))
    with pytest.raises(AssertionError):
        model.apply(params, jnp.zeros((2, 3), int))


def test_texts_are_mapped_over() -> None:
    model, params = read(GOLDEN / "llama")
    texts = jnp.stack([TOKENS, TOKENS[::-1]])
    both = jax.jit(jax.vmap(model.apply, in_axes=(None, 0)))(params, texts)
    alone = jax.jit(model.apply)(params, texts[1])
    np.testing.assert_allclose(both.logits[1], alone.logits, rtol=1e-5, atol=1e-5)


def test_a_token_that_is_not_in_the_vocabulary_gives_no_number() -> None:
    model, params = read(GOLDEN / "llama")
    n_tokens = model.architecture.n_tokens
    found = jax.jit(model.embed)(params, jnp.array([0, -1, n_tokens - 1, n_tokens]))
    known = [0, 2]
    np.testing.assert_array_equal(found[jnp.array(known)], params.embedding[jnp.array([0, -1])])
    assert jnp.isnan(found[jnp.array([1, 3])]).all()
