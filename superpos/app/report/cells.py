"""Cells of a figure that show the model trained there when they are pointed at."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.collections import QuadMesh

from superpos.app.findings import Cell


def boxes(mesh: QuadMesh) -> np.ndarray:
    """Where the cells of a mesh are in their figure, which has been saved.

    Args:
        mesh: what `pcolormesh` returned, with flat or nearest shading, (n_rows, n_columns).

    Returns:
        Left, top, width and height of what their axes show of them, in fractions of the figure,
        from its top left corner, (n_rows, n_columns, 4).
    """
    axes: Any = mesh.axes
    corners = np.asarray(mesh.get_coordinates())
    points = axes.transData.transform(corners.reshape(-1, 2))
    points = np.clip(points, axes.bbox.min, axes.bbox.max) / axes.figure.bbox.size
    x, y = np.moveaxis(points.reshape(corners.shape), -1, 0)
    columns, rows = (
        np.sort([each[:-1, :-1], each[:-1, 1:], each[1:, :-1], each[1:, 1:]], axis=0)
        for each in (x, y)
    )
    left, bottom, right, top = columns[0], rows[0], columns[-1], rows[-1]
    return np.stack([left, 1 - top, right - left, top - bottom], axis=-1)


def cells_of(
    mesh: QuadMesh,
    *,
    texts: Callable[[int, int], Mapping[str, str]],
    W: np.ndarray,
    b: np.ndarray,
) -> list[Cell]:
    """The cells of a mesh, each with its model.

    Args:
        mesh: what `pcolormesh` returned, (n_rows, n_columns), in a figure that has been saved.
        texts: label -> text, from row and column.
        W: finite weights, (n_rows, n_columns, n_features, n_hidden).
        b: finite biases, (n_rows, n_columns, n_features).

    Returns:
        Cells, row by row.
    """
    places = boxes(mesh)
    return [
        _cell(places[index], texts(*index), W[index], b[index])
        for index in np.ndindex(*places.shape[:2])
    ]


def panels_of(
    axes: Sequence[Any], texts: Sequence[Mapping[str, str]], W: np.ndarray, b: np.ndarray
) -> list[Cell]:
    """The panels of a figure, each with its model.

    Args:
        axes: of the panels, in a figure that has been saved.
        texts: label -> text of each.
        W: finite weights, (n_panels, n_features, n_hidden).
        b: finite biases, (n_panels, n_features).

    Returns:
        Cells, in the order of the panels.
    """
    cells = []
    for axis, text, weights, biases in zip(axes, texts, W, b, strict=True):
        place = axis.get_position()
        box = (place.x0, 1 - place.y1, place.width, place.height)
        cells.append(_cell(box, text, weights, biases))
    return cells


def _cell(box: Any, texts: Mapping[str, str], W: np.ndarray, b: np.ndarray) -> Cell:
    return Cell(
        box=np.round(box, 5).tolist(),
        texts=texts,
        W=np.round(W.astype(float), 4).tolist(),
        b=np.round(b.astype(float), 4).tolist(),
    )
