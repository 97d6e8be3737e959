"""Which members of a sweep run together.

A chunk is a rectangle of seeds by points. The key of a member derives from its seed alone, so
points that share a seed share their random numbers: mapped seeds outside and points inside, the
compiled program draws them once per seed instead of once per member.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from superpos.store.width import Width


class Chunk(NamedTuple):
    """Positions of the seeds (s,) and of the points (p,) that run together, before padding."""

    seeds: np.ndarray
    points: np.ndarray


def largest(members: np.ndarray) -> Width:
    """The widest chunk that a sweep can fill.

    Args:
        members: number of the member at each point and seed, (n_points, n_seeds); -1 for none.

    Returns:
        All points by all seeds; where some have no member, all that one seed has.
    """
    there = members >= 0
    return Width(*there.T.shape) if there.all() else Width(1, int(there.sum(axis=0).max()))


def even_width(n_seeds: int, n_points: int, most: int) -> Width:
    """The width of at most `most` members that needs the least padding."""
    points = _even(n_points, most)
    return Width(_even(n_seeds, max(1, most // points)), points)


def _even(total: int, most: int) -> int:
    n_parts = -(-total // min(total, most))
    return -(-total // n_parts)


def plan(missing: np.ndarray, width: Width) -> Iterator[Chunk]:
    """Cover the missing members by rectangles no larger than the width.

    Args:
        missing: which members are still to be trained, bool (n_points, n_seeds).
        width: the largest rectangle.

    Yields:
        Chunks that hold every missing member once, and no other member.
    """
    alike: dict[bytes, list[int]] = {}  # seeds that miss the same points
    for seed in range(missing.shape[1]):
        alike.setdefault(missing[:, seed].tobytes(), []).append(seed)
    for seeds in map(np.asarray, alike.values()):
        points = np.flatnonzero(missing[:, seeds[0]])
        for some_seeds in _parts(seeds, width.n_seeds):
            for some_points in _parts(points, width.n_points):
                yield Chunk(some_seeds, some_points)


def _parts(positions: np.ndarray, length: int) -> Iterator[np.ndarray]:
    for first in range(0, len(positions), length):
        yield positions[first : first + length]


def padded(positions: np.ndarray, length: int) -> np.ndarray:
    """The positions, with the first repeated up to the length, so that no tail recompiles."""
    return np.concatenate([positions, np.full(length - len(positions), positions[0])])
