"""What the analyses of neurons share. A neuron is a column of W (n_features, n_hidden)."""

from typing import Any

import matplotlib
import numpy as np

SHARE = 0.9
"""A neuron is monosemantic when one feature has this share of its squared weights."""
ACTIVE = 0.1
"""A neuron is in use when its weights have a norm above this."""


def active(W: np.ndarray) -> np.ndarray:
    """Which neurons are in use: W (..., n, m) -> bool (..., m)."""
    return np.linalg.norm(W, axis=-2) > ACTIVE


def monosemantic(W: np.ndarray) -> np.ndarray:
    """Which neurons are in use and stand for one feature: W (..., n, m) -> bool (..., m)."""
    squares = np.square(W)
    return active(W) & (squares.max(-2) >= SHARE * squares.sum(-2))


def draw_neurons(axis: Any, W: np.ndarray) -> None:
    """Stack the weights of each neuron, a block and a colour per feature, negative ones below.

    Args:
        axis: where to draw.
        W: (n_features, n_hidden).
    """
    n, m = W.shape
    colours = matplotlib.colormaps["viridis"](np.linspace(0, 1, n))
    neurons = np.arange(m)
    frames = np.where(monosemantic(W), "black", "none")
    for sign in (1, -1):
        floor = np.zeros(m)
        for weights, colour in zip(np.maximum(sign * W, 0), colours, strict=True):
            axis.bar(neurons, sign * weights, bottom=sign * floor, color=colour, width=0.8)
            floor += weights
        axis.bar(
            neurons, sign * floor, color="none", edgecolor=list(frames), linewidth=2, width=0.8
        )
    axis.axhline(0, color="#333333", linewidth=0.8)
    axis.set(xticks=[], xlabel=f"{m} neurons", ylabel="weights")
