"""A pretrained language model as an asset."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.assets import checkpoint
from superpos.models.transformer import read, token_losses
from superpos.types import Batch
from tests import texts


def test_it_is_the_one_of_the_file() -> None:
    found = texts.read_transformers()
    _, params, state = found.at(0)
    forward, expected = read(texts.CHECKPOINT)
    jax.tree.map(np.testing.assert_array_equal, params, expected)
    assert state == () and found.model.transformer.architecture == forward.architecture
    text = jnp.arange(forward.architecture.n_positions + 1) % texts.N_TOKENS
    rows = Batch(inputs=text[None, :-1], targets=text[None, 1:], factors=jnp.zeros((1, 0)))
    loss, _ = jax.jit(found.model.loss)(params, (), rows, jax.random.key(0))
    logits = forward.apply(params, text).logits
    np.testing.assert_allclose(loss, token_losses(logits, text).mean(), rtol=1e-4)
    out = found.model.apply(params, (), text[:-1])
    np.testing.assert_allclose(out.recon, logits[:-1], atol=1e-4)


def test_it_has_no_start_of_its_own() -> None:
    model = texts.read_transformers().model
    with pytest.raises(ArgumentError, match="expected parameters from a file or from training"):
        model.init(jax.random.key(0))


def test_a_file_that_is_none_is_one_line() -> None:
    with pytest.raises(ArgumentError, match="nowhere") as caught:
        checkpoint(path="nowhere")
    assert "\n" not in str(caught.value)
