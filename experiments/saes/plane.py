"""Arrows in the plane of two features."""

from typing import Any

import numpy as np


def arrow(axis: Any, end: np.ndarray, **style: Any) -> None:
    """Draw an arrow from the origin to a point of the plane, (2,)."""
    axis.annotate(
        "", xy=tuple(end), xytext=(0, 0), arrowprops={"arrowstyle": "->", "shrinkB": 0, **style}
    )


def truth(axis: Any) -> None:
    """Draw both features."""
    for feature in np.eye(2):
        arrow(axis, feature, color="#999999", linewidth=5, alpha=0.5)
