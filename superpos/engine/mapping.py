"""How a run is mapped over the members of a chunk: seeds outside, points inside."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax

from superpos.store.width import Width
from superpos.types import Carry


class Axes(NamedTuple):
    """Whether an argument or a result is mapped over the points, and over the seeds."""

    points: Any
    seeds: Any


SHARED, EACH = Axes(None, None), Axes(0, 0)
POINT, OF_SEED = Axes(0, None), Axes(None, 0)
"""What is the same for all members, and what is of each member, of each point or of each seed."""


def axes_of_carry(*, stream: bool) -> Axes:
    """Keys are mapped over the seeds alone; the step, and a source that all share, over nothing."""
    source = SHARED if stream else EACH
    each = {"params": 0, "state": 0, "opt_state": 0, "diverged_step": 0}

    def axes(key: Any, source: Any) -> Any:
        leaves: dict[str, Any] = {"step": None, "key": key, "source": source, **each}
        return Carry(**leaves)

    return Axes(axes(OF_SEED.points, source.points), axes(OF_SEED.seeds, source.seeds))


def over_members(
    function: Callable[..., Any], width: Width, arguments: Sequence[Axes], results: Any
) -> Callable[..., Any]:
    """Seeds outside and points inside, so that points with one seed share what it draws.

    Over a single one nothing is mapped: XLA's products take longer with one more dimension.
    """
    ins, outs = _split(arguments), _split(results)
    points = _mapped(function, ins[0], outs[0], width.n_points)
    return _mapped(points, ins[1], outs[1], width.n_seeds)


def _mapped(function: Callable[..., Any], ins: Any, outs: Any, size: int) -> Callable[..., Any]:
    if size > 1:
        return jax.vmap(function, ins, outs, axis_size=size)

    def of_one(*arguments: Any) -> Any:
        one = (
            _each(each, axes, lambda leaf: leaf[0])
            for each, axes in zip(arguments, ins, strict=True)
        )
        return _each(function(*one), outs, lambda leaf: leaf[None])

    return of_one


def _each(tree: Any, axes: Any, change: Callable[[Any], Any]) -> Any:
    """A tree whose leaves are changed where their axis is 0, with axes as `jax.vmap` takes them."""
    leaves = jax.tree.broadcast(axes, tree, is_leaf=lambda leaf: leaf is None)
    return jax.tree.map(
        lambda axis, leaf: leaf if axis is None else change(leaf),
        leaves,
        tree,
        is_leaf=lambda leaf: leaf is None,
    )


def _split(axes: Any) -> tuple[Any, Any]:
    """The axes over points and those over seeds, of one value or of several."""
    if isinstance(axes, Axes):
        return axes.points, axes.seeds
    return tuple(each.points for each in axes), tuple(each.seeds for each in axes)
