"""How many members run together, which is part of the numerics that a store is of."""

from typing import NamedTuple


class Width(NamedTuple):
    """Size of a chunk: seeds by points."""

    n_seeds: int
    n_points: int

    @property
    def n_members(self) -> int:
        """Members in a chunk."""
        return self.n_seeds * self.n_points

    def halved(self) -> "Width":
        """The next smaller chunk; the same when it holds one member."""
        if self.n_points > 1:
            return Width(self.n_seeds, -(-self.n_points // 2))
        return Width(-(-self.n_seeds // 2), 1)
