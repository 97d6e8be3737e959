"""A small language model, texts, and activations at their tokens, for whatever reads these."""

import functools
from typing import Any

import jax
import numpy as np

from superpos import interp
from superpos.assets import asset, checkpoint
from superpos.types import Asset, Members
from tests.superpos.models.transformer.golden import GOLDEN

CHECKPOINT = GOLDEN / "gpt_neox_serial"
D_MLP, N_TOKENS, LENGTH = 24, 48, 15
VOCABULARY = tuple(f" w{number}" for number in range(N_TOKENS))


@functools.cache
def transformers() -> Asset:
    """Read once, though a trace may be the first to ask."""
    with jax.ensure_compile_time_eval():
        return checkpoint(path=str(CHECKPOINT))


def read_transformers() -> Members:
    found = transformers()
    return found.read(found.arrays)


@functools.cache
def tokens() -> Asset:
    """Two texts of each of ten documents, each with one token more than is read."""
    rng = np.random.default_rng(0)
    return asset(
        {
            "tokens": rng.integers(N_TOKENS, size=(20, LENGTH + 1), dtype=np.int32),
            "document": np.repeat(np.arange(10, dtype=np.int32), 2),
            "vocabulary": interp.to_bytes(VOCABULARY),
        }
    )


@functools.cache
def activations(n_texts: int = 16) -> dict[str, Any]:
    """Of two rows: what is to be drawn, and of some texts, two of each document, held out.

    They are constants of whatever program asks for them.
    """
    with jax.ensure_compile_time_eval():
        rng = np.random.default_rng(1)
        sparse = rng.normal(size=(2, n_texts * LENGTH, D_MLP)).astype(np.float32)
        texts = rng.integers(N_TOKENS, size=(n_texts, LENGTH), dtype=np.int32)
        texts[rng.random(texts.shape) < 0.05] = 3
        sparse[..., 0] += 4 * (texts.ravel() == 3)
        return {
            "inputs": jax.numpy.asarray(rng.normal(size=(2, 40, D_MLP)).astype(np.float32)),
            "held_out": jax.numpy.asarray(sparse),
            "tokens": jax.numpy.asarray(texts),
            "document": jax.numpy.arange(n_texts, dtype=np.int32) // 2,
            "vocabulary": jax.numpy.asarray(interp.to_bytes(VOCABULARY)),
            **{"layers": (0,), "site": "mlp", "documents": tuple(range(n_texts // 2))},
        }
