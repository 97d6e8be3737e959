"""Gradient descent that does not see how ReLU units are scaled.

Multiply what goes into a ReLU unit by λ > 0 and divide what reads it by λ: the network is the same,
but its gradients are not, and plain descent goes another way. Here a step is taken in the one gauge
in which each unit is as large on the way in as on the way out.

Source: Neyshabur, Salakhutdinov & Srebro 2015, Path-SGD (arXiv 1506.02617), section 2, for the
problem; Du, Hu & Lee 2018 (arXiv 1806.00900) for the balanced gauge, which gradient flow keeps.
"""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import optax

from superpos.arguments import Positive, factory
from superpos.optim.gradient import scale_by_rate
from superpos.optim.schedules import Schedule
from superpos.types import Array, Params

WRITES, READS = "W_in", "W_out"
"""Names of the matrices (n_features, n_hidden) that feed the units, and that read them."""


@factory
def balanced_sgd(
    *, learning_rate: Positive, schedule: Schedule | None = None
) -> optax.GradientTransformation:
    """Plain gradient descent in the balanced gauge of the hidden units.

    Parameters are balanced at every step, W_in by 1/s and W_out by s for each unit, with s² the
    ratio of its norms in and out; the gradient there is s times and 1/s times the one here. Units
    without any weight on one side stay as they are. Parameters of other names take a plain step.

    Args:
        learning_rate: step size in (0, inf).
        schedule: multiplies the learning rate, step -> factor; None is constant.

    Returns:
        An optax GradientTransformation, whose update needs the parameters.

    Raises:
        ArgumentError: a value is out of range.
    """
    rate = scale_by_rate(learning_rate, schedule)

    def update(
        updates: Params, state: Any, params: Params | None = None
    ) -> tuple[Params, optax.OptState]:
        powers = _powers(_named(params))

        def in_gauge(path: Any, leaf: Array, power: int) -> Array:
            scale = powers.get(_text(path))
            return leaf if scale is None else leaf * (scale**power)[None]

        balanced = jax.tree_util.tree_map_with_path(lambda p, w: in_gauge(p, w, -1), params)
        gradient = jax.tree_util.tree_map_with_path(lambda p, g: in_gauge(p, g, 1), updates)
        step, state = rate.update(gradient, state, params)
        return jax.tree.map(lambda w, s, old: w + s - old, balanced, step, params), state

    return optax.GradientTransformation(rate.init, update)


def _named(params: Params) -> dict[str, Array]:
    return {_text(path): leaf for path, leaf in jax.tree_util.tree_leaves_with_path(params)}


def _text(path: Any) -> str:
    return jax.tree_util.keystr(path, simple=True, separator=".")


def _powers(leaves: Mapping[str, Array]) -> dict[str, Array]:
    """Path -> how much larger the columns are than in the balanced gauge, (n_hidden,)."""
    if not {WRITES, READS} <= set(leaves):
        return {}
    into, out = (jnp.linalg.norm(leaves[name], axis=0) for name in (WRITES, READS))
    alive = (into > 0) & (out > 0)
    scale = jnp.sqrt(jnp.where(alive, into, 1) / jnp.where(alive, out, 1))
    return {WRITES: scale, READS: 1 / scale}
