"""Weights rounded to what a GGUF file of 4 bits can hold, and back to float32.

Source: github.com/ggml-org/ggml, `quantize_row_q4_1_ref` and `quantize_row_q8_0_ref` in
src/ggml-quants.c. 32 numbers that follow one another share a scale d and, in Q4_1, an offset m,
both float16; a number is d q + m with 4 bits of q, or d q with 8.
"""

import jax.numpy as jnp

from superpos.arguments import ArgumentError
from superpos.models.transformer.architecture import TransformerParams
from superpos.models.transformer.matrices import EMBEDDINGS, map_matrices
from superpos.types import Array

BLOCK = 32


def quantise(params: TransformerParams) -> TransformerParams:
    """Round matrices of blocks to Q4_1 and embeddings to Q8_0, as `llama-quantize` does for Q4_1.

    Numbers that follow one another are those that feed one output, as in the file.

    Args:
        params: of a transformer; gains and biases stay.

    Returns:
        The same in float32, each matrix one that the file could hold.

    Raises:
        ArgumentError: a width is no multiple of 32; one line.
    """

    def rounded(name: str, matrix: Array) -> Array:
        if name in ("embedding", "positions"):
            return q8_0(matrix)
        turned = jnp.swapaxes(matrix, -1, -2)
        return jnp.swapaxes(q8_0(turned) if name in EMBEDDINGS else q4_1(turned), -1, -2)

    return map_matrices(rounded, params)


def q4_1(numbers: Array) -> Array:
    """Round to 4 bits, with a scale and an offset for each 32.

    Args:
        numbers: (..., n), float32; n is a multiple of 32.

    Returns:
        The same shape, float32.

    Raises:
        ArgumentError: n is no multiple of 32; one line.
    """
    blocks = _blocks(numbers)
    least = blocks.min(axis=-1, keepdims=True)
    scale = (blocks.max(axis=-1, keepdims=True) - least) / 15
    bits = jnp.clip(jnp.floor((blocks - least) * _inverse(scale) + 0.5), 0, 15)
    return (_half(scale) * bits + _half(least)).reshape(numbers.shape)


def q8_0(numbers: Array) -> Array:
    """Round to 8 bits, with a scale for each 32; as `q4_1` otherwise."""
    blocks = _blocks(numbers)
    scale = jnp.abs(blocks).max(axis=-1, keepdims=True) / 127
    scaled = blocks * _inverse(scale)
    bits = jnp.sign(scaled) * jnp.floor(jnp.abs(scaled) + 0.5)
    return (_half(scale) * bits).reshape(numbers.shape)


def _blocks(numbers: Array) -> Array:
    if numbers.shape[-1] % BLOCK:
        raise ArgumentError(f"width={numbers.shape[-1]}: expected a multiple of {BLOCK}")
    return numbers.reshape(*numbers.shape[:-1], -1, BLOCK)


def _inverse(scale: Array) -> Array:
    """One over a scale, and 0 where it is 0."""
    return jnp.where(scale > 0, 1 / jnp.where(scale > 0, scale, 1), 0)


def _half(numbers: Array) -> Array:
    """As float16 has it."""
    return numbers.astype(jnp.float16).astype(jnp.float32)
