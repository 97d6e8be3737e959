"""Rounding beside that of the package gguf, number by number."""

import gguf
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.models.transformer import quantise, read
from superpos.models.transformer.quantise import q4_1, q8_0
from tests.superpos.models.transformer.golden import GOLDEN

KINDS = {
    "q4_1": (q4_1, gguf.GGMLQuantizationType.Q4_1),
    "q8_0": (q8_0, gguf.GGMLQuantizationType.Q8_0),
}


def theirs(numbers: np.ndarray, name: str) -> np.ndarray:
    kind = KINDS[name][1]
    return gguf.quants.dequantize(gguf.quants.quantize(np.ascontiguousarray(numbers), kind), kind)


@pytest.mark.parametrize("name", KINDS)
def test_numbers_are_rounded_as_gguf_rounds_them(name: str) -> None:
    numbers = np.random.default_rng(0).normal(size=(50, 96)).astype(np.float32)
    numbers[3, :32], numbers[4, 32:64], numbers[5, :32] = 0, 0.7, -0.3
    ours = np.asarray(jax.jit(KINDS[name][0])(jnp.asarray(numbers)))
    step = {"q4_1": 5 / 15, "q8_0": 3 / 127}[name]
    close = np.isclose(ours, theirs(numbers, name), rtol=1e-6, atol=1e-7)
    assert close.mean() > 0.999  # a tie may be rounded either way
    assert np.abs(ours - numbers).max() < step


def test_numbers_that_a_file_holds_stay() -> None:
    held = theirs(np.random.default_rng(1).normal(size=(20, 64)).astype(np.float32), "q8_0")
    np.testing.assert_allclose(q8_0(jnp.asarray(held)), held, rtol=1e-3)


def test_each_matrix_is_rounded_along_what_feeds_an_output() -> None:
    params = read(GOLDEN / "llama")[1]
    found = jax.jit(quantise)(params)
    for name in ("query", "up", "down"):
        old, new = (np.asarray(getattr(each.layers, name).W[1]) for each in (params, found))
        np.testing.assert_allclose(new.T, theirs(old.T, "q4_1"), rtol=1e-5, atol=1e-6)
    old, new = np.asarray(params.unembedding), np.asarray(found.unembedding)
    np.testing.assert_allclose(new.T, theirs(old.T, "q8_0"), rtol=1e-5, atol=1e-6)
    embedding = theirs(np.asarray(params.embedding), "q8_0")
    np.testing.assert_allclose(found.embedding, embedding, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(found.norm.scale, params.norm.scale)


def test_another_width_is_one_line() -> None:
    with pytest.raises(ArgumentError, match="^width=40: expected a multiple of 32$"):
        q4_1(jnp.ones((3, 40)))
