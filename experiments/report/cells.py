"""Cells of a figure that show the model trained there when they are pointed at."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from matplotlib.collections import QuadMesh

from experiments.findings import Cell


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
        Cell(
            box=np.round(places[index], 5).tolist(),
            texts=texts(*index),
            W=np.round(W[index].astype(float), 4).tolist(),
            b=np.round(b[index].astype(float), 4).tolist(),
        )
        for index in np.ndindex(*places.shape[:2])
    ]
