"""Items of a world with what text says of their concepts, for a network to be pretrained on."""

from typing import Annotated

import jax
import jax.numpy as jnp

from experiments.values import world
from superpos.arguments import (
    AtLeastOne,
    Count,
    Interval,
    MaybeAtLeastOne,
    NonNegative,
    factory,
    within,
)
from superpos.data import stateless
from superpos.data.finite import DataSeed
from superpos.types import Batch, Key, Scalar, Source, vectors

Rarity = Annotated[Scalar, Interval("(0, 1)")]
"""Probability of a concept: one that is always or never true has no variance."""


@factory
def concepts(
    *,
    n_features: Count,
    n_concepts: Count,
    n_used: MaybeAtLeastOne = None,
    density: Rarity = 0.2,
    noise_std: NonNegative = 0.1,
    n_valued: AtLeastOne = 1.0,
    text: world.Text = 0,
    world_seed: DataSeed = 0,
) -> Source:
    """Items x = tanh(Mz) + noise, and what text says of each concept z_k.

    Args:
        n_features: inputs of an item, >= 1.
        n_concepts: concepts, each with a name, >= 1.
        n_used: concepts in use, the first of them, in [1, n_concepts]; the others are never true. A
            fraction is dropped. None is all.
        density: probability of each concept in use, in (0, 1).
        noise_std: standard deviation of the noise, in [0, inf).
        n_valued: named values, as many unnamed ones and as many correlates, the first concepts, in
            [1, n_used / 3]; a fraction is dropped.
        text: what it says, a whole number of `world.TEXTS`.
        world_seed: which M, a whole number in [0, 16777216]; a fraction is dropped.

    Returns:
        A Source whose batches have the items as inputs, (batch, n_features), what the text says as
        targets, 0 or 1, (batch, n_concepts), and what is true as factors, float32.

    Raises:
        ArgumentError: a value is out of range, or text is no whole number.
    """
    used = n_concepts if n_used is None else n_used
    within(used, "n_used", n_concepts, f"n_concepts={n_concepts}")
    world.check_sizes(used, n_valued)
    world.check_text(text)
    law = {"n_used": used, "density": density, "n_valued": n_valued}

    def sample(key: Key, batch_size: int) -> Batch:
        key_true, key_seen, key_said = jax.random.split(key, 3)
        along = jnp.where(jnp.asarray(text) == world.CORRELATED, 1.0, 0.0)
        true = world.draw_concepts(key_true, batch_size, n_concepts, correlation=along, **law)
        seen = world.observe(key_seen, true, n_features, noise_std=noise_std, world_seed=world_seed)
        return Batch(inputs=seen, targets=world.said(key_said, true, text, **law), factors=true)

    return stateless(sample, gives=vectors(n_features, n_concepts))
