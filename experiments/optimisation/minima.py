"""All minima of sums of Gaussian wells, in float64, and where descent from many starts ends.

A minimum is a mean of the centres with positive weights, as its gradient is 0, so that all of them
lie in the box of the centres. No second derivative of f is larger than L = Σ d / w². A point of a
grid of spacing h that is nearest to the best answer has therefore a value at most L h² / 4 above
the best: minima below all other points of the grid by more than that cannot be missed.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

N_GRID = 101
"""Points of the grid along each side of the box from -1 to 1."""
N_NEWTON = 30
"""Steps of Newton's method from a point of the grid."""
SAME = 1e-3
"""Distance below which two minima are one."""


class Wells(NamedTuple):
    """f(x) = -Σ_k d_k exp(-|x - μ_k|² / 2 w_k²) of some problems, in float64.

    Attributes:
        centres: μ, (n_problems, n_wells, 2).
        depths: d, (n_problems, n_wells).
        widths: w, (n_problems, n_wells).
    """

    centres: np.ndarray
    depths: np.ndarray
    widths: np.ndarray

    @property
    def curvature(self) -> np.ndarray:
        """L, (n_problems,)."""
        return (self.depths / self.widths**2).sum(1)

    @property
    def error(self) -> np.ndarray:
        """L h² / 4 of the grid, (n_problems,)."""
        return self.curvature * (2 / (N_GRID - 1)) ** 2 / 4

    def mean(self) -> np.ndarray:
        """Of f over the box, (n_problems,)."""
        w = self.widths[..., None]
        along = w * (ndtr((1 - self.centres) / w) - ndtr((-1 - self.centres) / w))
        return -np.pi / 2 * (self.depths * along.prod(-1)).sum(1)

    def at(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Value, gradient and Hessian at x (n_problems, n, 2), which they lead with."""
        apart = x[:, :, None] - self.centres[:, None]
        w = self.widths[:, None]
        wells = self.depths[:, None] * np.exp(-(apart**2).sum(-1) / 2 / w**2)
        curved = wells / w**2
        outer = np.einsum("pnk,pnki,pnkj->pnij", curved / w**2, apart, apart)
        gradient = (curved[..., None] * apart).sum(2)
        return -wells.sum(-1), gradient, curved.sum(-1)[..., None, None] * np.eye(2) - outer

    def grid(self) -> tuple[np.ndarray, np.ndarray]:
        """Points along a side, and f on the grid, (n_problems, N_GRID, N_GRID)."""
        side = np.linspace(-1, 1, N_GRID)
        along = (side - self.centres[..., None]) / self.widths[..., None, None]
        along = np.exp(-(along**2) / 2)
        return side, -np.einsum("pk,pki,pkj->pij", self.depths, along[:, :, 0], along[:, :, 1])

    def minima(self) -> list[np.ndarray]:
        """Values of all minima of each problem, from the best one on."""
        side, f = self.grid()
        around = np.pad(f, ((0, 0), (1, 1), (1, 1)), constant_values=np.inf)
        n, shifts = N_GRID, [(i, j) for i in range(3) for j in range(3)]
        least = np.min([around[:, i : i + n, j : j + n] for i, j in shifts], axis=0)
        low = f.min((1, 2), keepdims=True) + self.error[:, None, None]
        problem, *place = np.nonzero((f == least) | (f <= low))
        found = self.polished(problem, side[np.stack(place, axis=-1)])
        return [_distinct(*(each[problem == one] for each in found)) for one in range(len(f))]

    def polished(self, problem: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where Newton's method leads from a point x of a problem, and the value there."""
        of = Wells(*(each[problem] for each in self))
        x = x[:, None]
        for _ in range(N_NEWTON):
            _, gradient, hessian = of.at(x)
            values, vectors = np.linalg.eigh(hessian)
            along = np.einsum("pnij,pni->pnj", vectors, gradient)
            step = along / np.maximum(np.abs(values), 1e-9)
            step = np.einsum("pnij,pnj->pni", vectors, step)
            x = x - step * np.minimum(1, 0.02 / np.maximum(np.abs(step).max(-1), 1e-9))[..., None]
        value, gradient, hessian = of.at(x)
        there = np.linalg.eigvalsh(hessian)[:, 0, 0] > 0
        there &= np.abs(gradient[:, 0]).max(-1) < 1e-8 * of.curvature
        return x[:, 0], np.where(there, value[:, 0], np.nan)

    def descended(
        self, x: np.ndarray, step_size: float, n_steps: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Where gradient descent leads from x (n_problems, n, 2), and values, (n_problems, n)."""
        for _ in range(n_steps):
            x = x - step_size * self.at(x)[1] / self.curvature[:, None, None]
        return x, self.at(x)[0]


def wells_of(problems: np.ndarray) -> Wells:
    """Of problems (n_problems, 4 n_wells)."""
    c = problems.astype(float)
    n_wells = c.shape[1] // 4
    centres = c[:, : 2 * n_wells].reshape(-1, n_wells, 2)
    return Wells(centres, c[:, 2 * n_wells : 3 * n_wells], c[:, 3 * n_wells :])


def _distinct(x: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values of the points that are not near a better one, from the best one on."""
    order = np.argsort(values)[: np.isfinite(values).sum()]
    kept: list[int] = []
    for at in order:
        if all(np.abs(x[at] - x[each]).max() > SAME for each in kept):
            kept.append(at)
    return values[kept]
