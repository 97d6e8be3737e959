"""Names of polytopes: digon, triangle, pentagon, tetrahedron, bipyramids, square antiprism.

Source: Elhage et al. 2022, Toy Models of Superposition, "The Geometry of Superposition". A set of
directions has a name when its cosines are those of a regular figure, up to a tolerance. On the
host, in NumPy.
"""

from functools import cache
from typing import Annotated, Any

import numpy as np

from superpos.arguments import ArgumentError, Interval, NonNegative
from superpos.metrics.components import tegum_factors
from superpos.metrics.entry import Axes, Labels, Names, Truths, Vectors, host_metric
from superpos.types import Scalar

Set = Annotated[Any, Axes(("feature", "hidden"), may_be_empty=True)]
Distance = Annotated[Scalar, Interval("[0, 2]")]

POLYTOPES = (
    "none",
    "single",
    "digon",
    "triangle",
    "square",
    "pentagon",
    "hexagon",
    "heptagon",
    "octagon",
    "tetrahedron",
    "triangular bipyramid",
    "octahedron",
    "pentagonal bipyramid",
    "square antiprism",
    "cube",
    "5-cell",
    "5-simplex",
    "other",
)
"""Every name; "none" is a feature that is not represented, "other" a figure not in this list."""


@host_metric
def polytope_of(vectors: Set, *, tolerance: Distance = 0.1) -> str:
    """The name of one set of directions.

    Args:
        vectors: the features, none of them zero, (k, n_hidden). Their lengths do not matter.
        tolerance: how far a cosine may be from that of the figure, in [0, 2]. Cosines are compared
            in order of size, so a figure with each of its cosines moved by less keeps its name.

    Returns:
        One of POLYTOPES: the nearest of those with k corners. An antiprism may have any height, as
        its rings are a free parameter of the figure.

    Raises:
        ArgumentError: one of the features is zero, or there is more than one set.
    """
    if vectors.ndim != 2 or not vectors.any(axis=-1).all():
        raise ArgumentError(
            f"vectors of shape {vectors.shape}: expected (k, n_hidden), no row all zero"
        )
    if not len(vectors):
        return "none"
    found = _sorted_cosines(vectors.astype(np.float64))
    distances = {
        name: min(float(np.abs(found - cosines).max(initial=0.0)) for cosines in figures)
        for name, figures in _catalogue().items()
        if len(figures[0]) == len(found)
    }
    nearest = min(distances, key=distances.__getitem__, default="other")
    return nearest if distances.get(nearest, np.inf) <= tolerance else "other"


@host_metric
def polytopes(
    W: Vectors,
    *,
    least_norm: NonNegative = 0.5,
    threshold: NonNegative = 0.1,
    tolerance: Distance = 0.1,
) -> Names:
    """The name of the figure that each feature is a corner of.

    Args:
        W: feature directions, (..., n_features, n_hidden).
        least_norm: a feature of this norm or a smaller one is not represented, >= 0. In a trained
            toy model norms are near 0 or 1.
        threshold: inner products of represented features up to this size count as 0 between
            figures, as in `tegum_factors`, >= 0.
        tolerance: as in `polytope_of`.

    Returns:
        One of POLYTOPES for each feature, (..., n_features): "none" where it is not represented.

    Reference:
        Elhage et al. 2022, "The Geometry of Superposition".
    """
    represented = np.linalg.norm(W, axis=-1) > least_norm
    labels = tegum_factors(np.where(represented[..., None], W, 0), threshold=threshold)
    codes = polytope_codes(W, labels, represented=represented, tolerance=tolerance)
    return np.array(POLYTOPES)[codes]


@host_metric
def polytope_codes(
    W: Vectors, labels: Labels, *, represented: Truths, tolerance: Distance = 0.1
) -> Labels:
    """The figure that each feature is a corner of.

    Args:
        W: feature directions, (..., n_features, n_hidden).
        labels: the tegum factor of each feature, as `tegum_factors` gives it, (..., n_features).
        represented: which features count, bool (..., n_features).
        tolerance: as in `polytope_of`.

    Returns:
        Index into POLYTOPES, int8 (..., n_features); 0, "none", for a feature that does not count.
    """
    codes = np.zeros(labels.shape, np.int8)
    for member in np.ndindex(labels.shape[:-1]):
        counted = represented[member]
        for label in np.unique(labels[member][counted]):
            rows = counted & (labels[member] == label)
            name = polytope_of(W[member][rows], tolerance=tolerance)
            codes[member][rows] = POLYTOPES.index(name)
    return codes


def _sorted_cosines(vectors: np.ndarray) -> np.ndarray:
    """Cosines of all pairs from the smallest up, (k(k-1)/2,): the same in every order of rows."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.sort((unit @ unit.T)[np.triu_indices(len(unit), 1)])


@cache
def _catalogue() -> dict[str, list[np.ndarray]]:
    """Name -> sorted cosines of the figure, several where it has a free parameter."""
    heights = np.linspace(0.3, 0.8, 101)
    figures: dict[str, list[np.ndarray]] = {
        "single": [np.ones((1, 1))],
        "digon": [np.array([[1.0], [-1.0]])],
        "triangle": [_polygon(3)],
        "square": [_polygon(4)],
        "pentagon": [_polygon(5)],
        "hexagon": [_polygon(6)],
        "heptagon": [_polygon(7)],
        "octagon": [_polygon(8)],
        "tetrahedron": [_simplex(4)],
        "triangular bipyramid": [_bipyramid(3)],
        "octahedron": [_bipyramid(4)],
        "pentagonal bipyramid": [_bipyramid(5)],
        "square antiprism": [_antiprism(height) for height in heights],
        "cube": [np.array(np.meshgrid(*[[-1.0, 1.0]] * 3)).reshape(3, -1).T],
        "5-cell": [_simplex(5)],
        "5-simplex": [_simplex(6)],
    }
    return {name: [_sorted_cosines(each) for each in several] for name, several in figures.items()}


def _polygon(n: int, turn: float = 0.0) -> np.ndarray:
    angles = 2 * np.pi * (np.arange(n) + turn) / n
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _simplex(n: int) -> np.ndarray:
    return np.eye(n) - 1 / n


def _at_height(polygon: np.ndarray, height: float) -> np.ndarray:
    ring = np.sqrt(1 - height**2) * polygon
    return np.concatenate([ring, np.full((len(ring), 1), height)], axis=1)


def _bipyramid(n: int) -> np.ndarray:
    poles = np.array([[0.0, 0, 1], [0, 0, -1]])
    return np.concatenate([_at_height(_polygon(n), 0.0), poles])


def _antiprism(height: float) -> np.ndarray:
    top, bottom = _at_height(_polygon(4), height), _at_height(_polygon(4, 0.5), -height)
    return np.concatenate([top, bottom])
