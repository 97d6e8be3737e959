"""What a classifier decides, and how often it is right. Leading batch dimensions allowed."""

from typing import Annotated, Any

import jax.numpy as jnp

from superpos.metrics.entry import Axes, Numbers, metric

PerOutput = Annotated[Any, Axes(("output",))]
Examples = Annotated[Any, Axes(("example", "output"))]


@metric
def decisions(logits: PerOutput) -> Numbers:
    """The class with the largest logit, the first of those that are equal.

    Args:
        logits: (..., n_classes).

    Returns:
        Its index, int32 (...); -1 where a logit is nan, which decides nothing.
    """
    return jnp.where(jnp.isnan(logits).any(-1), -1, jnp.argmax(logits, axis=-1))


@metric
def accuracy(logits: Examples, targets: Examples) -> Numbers:
    """The part of a batch that is decided as the targets say.

    Args:
        logits: (..., batch, n_classes).
        targets: one-hot, or the probability of each class, (..., batch, n_classes).

    Returns:
        In [0, 1], (...); nan where a logit or a target is nan, which decides nothing.
    """
    found, right = decisions(logits), decisions(targets)
    decided = (found >= 0) & (right >= 0)
    return jnp.mean(jnp.where(decided, (found == right).astype(logits.dtype), jnp.nan), axis=-1)
