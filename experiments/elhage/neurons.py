"""What the analyses of neurons share. A neuron is a column of W (n_features, n_hidden)."""

from typing import Any

import matplotlib
import numpy as np
from matplotlib.collections import PolyCollection

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


def draw_neurons(axis: Any, W: np.ndarray, framed: np.ndarray) -> None:
    """Stack the weights of each neuron, a block and a colour per feature, negative ones below.

    Args:
        axis: where to draw.
        W: (n_features, n_hidden); the first feature is darkest.
        framed: neurons that get a black frame, bool (n_hidden,).
    """
    n, m = W.shape
    colours = matplotlib.colormaps["viridis"](np.linspace(0, 1, n))
    neurons, ends = np.arange(m), []
    for sign in (1, -1):
        blocks = np.maximum(sign * W, 0)
        tops = np.cumsum(blocks, axis=0)
        feature, neuron = np.nonzero(blocks)
        low, high = ((sign * edge)[feature, neuron] for edge in (tops - blocks, tops))
        left, right = neuron - 0.4, neuron + 0.4
        corners = [(left, low), (right, low), (right, high), (left, high)]
        drawn = [*np.moveaxis(np.array(corners), -1, 0)]
        # In one go: there are thousands.
        axis.add_collection(PolyCollection(drawn, facecolors=colours[feature]))
        ends.append(sign * blocks.sum(0))
    axis.autoscale_view()
    top, bottom = ends
    height = (top - bottom)[framed]
    frame = {"color": "none", "edgecolor": "black", "linewidth": 1.5, "width": 0.8}
    axis.bar(neurons[framed], height, bottom=bottom[framed], **frame)
    axis.axhline(0, color="#333333", linewidth=0.8)
    axis.use_sticky_edges = False
    axis.margins(y=0.06)
    axis.set(xticks=[], xlabel=f"{m} neurons", ylabel="weights")
