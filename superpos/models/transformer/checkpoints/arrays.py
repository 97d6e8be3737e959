"""The arrays of a checkpoint, each taken once by its name and shape."""

from pathlib import Path
from typing import Any

import jax
import numpy as np

from superpos.arguments import ArgumentError
from superpos.models.transformer.architecture import Linear, Norm


class Arrays:
    """Arrays by name, which are taken one by one."""

    def __init__(self, path: Path, arrays: dict[str, np.ndarray]) -> None:
        """Keep the arrays of a file, or of the files of a folder, and its path for messages."""
        self._path, self._arrays = path, dict(arrays)

    def take(self, name: str, *shape: int) -> Any:
        """The array of a name, which is then gone.

        Raises:
            ArgumentError: it is missing, of another shape or not finite; one line.
        """
        if name not in self._arrays:
            raise ArgumentError(f"{self._path}: expected an array {name}")
        array = self._arrays.pop(name)
        if array.shape != shape:
            found = list(array.shape)
            raise ArgumentError(f"{self._path}: {name} is {found}, expected {list(shape)}")
        if not np.isfinite(array).all():
            raise ArgumentError(f"{self._path}: {name}: expected finite numbers")
        return array

    def norm(self, name: str, width: int, *, bias: bool) -> Norm:
        """The scale and the bias of a norm."""
        return Norm(
            scale=self.take(f"{name}.weight", width),
            bias=self.take(f"{name}.bias", width) if bias else None,
        )

    def linear(
        self, name: str, n_in: int, n_out: int, *, bias: bool, out_first: bool = True
    ) -> Linear:
        """An affine map, whose matrix is (n_out, n_in) in the file, or else (n_in, n_out)."""
        shape = (n_out, n_in) if out_first else (n_in, n_out)
        W = self.take(f"{name}.weight", *shape)
        return Linear(
            W=W.T if out_first else W, b=self.take(f"{name}.bias", n_out) if bias else None
        )

    def unembedding(self, name: str, n_tokens: int, width: int, *, tied: bool) -> Any:
        """The unembedding, (width, n_tokens); None where it is the embedding."""
        if tied:
            self._arrays.pop(name, None)  # some files have it twice
            return None
        return self.take(name, n_tokens, width).T

    def check_all_taken(self) -> None:
        """Refuse arrays that nothing has asked for.

        Raises:
            ArgumentError: there are some; one line.
        """
        if self._arrays:
            first, more = min(self._arrays), len(self._arrays) - 1
            also = f" and {more} more" if more else ""
            raise ArgumentError(f"{self._path}: {first}{also}: in none of the architectures here")


def stacked(layers: list[Any]) -> Any:
    """Trees of one structure as one tree, with a leading axis."""
    return jax.tree.map(lambda *leaves: np.stack(leaves), *layers)
