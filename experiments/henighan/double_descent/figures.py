"""Features and points in the plane, losses and dimensions over T, widths, decays and repeats."""

from pathlib import Path
from typing import Any

import numpy as np

from experiments.henighan.double_descent.measure import Descent, Model
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, log_ticks, new_figure, save

N_SHOWN = 8
"""Numbers of points whose models are drawn."""
PLANE = Figure(
    "plane.png",
    "Rows of W and codes of the points in two dimensions, for models of few and of many points.",
    "Above: the features, rows of W. Below: the codes hₜ = Wᵀxₜ of the T points that the model was"
    " trained on. With few points these are the corners of a polygon, with many the features are."
    " Each panel has a scale of its own.",
)
DESCENT = Figure(
    "descent.png",
    "Loss on the points and on others, and dimensions of features and points, against T.",
    "Left: loss of the best of the restarts, on the points it was trained on and on others. Right:"
    " mean dimensionality of features, weighted by ‖Wᵢ‖², and of points, weighted by ‖hₜ‖².",
)
VARIED = Figure(
    "varied.png",
    "Loss on other points over T and width, over T with weight decay, and a repeated point.",
    "Left: loss on other points by the number of points T and the width m. Middle: the same against"
    " T, at several weight decays. Right: dimensionality of one point against how many times it is"
    " among the points.",
)


def draw(measured: Descent, folder: Path) -> list[Figure]:
    """Draw the plane, the descent, and what is varied."""
    _draw_plane(folder / PLANE.name, measured.points)
    _draw_descent(folder / DESCENT.name, measured.points)
    _draw_varied(folder / VARIED.name, measured)
    return [PLANE, DESCENT, VARIED]


def _draw_plane(path: Path, models: list[Model]) -> None:
    shown = np.unique(np.linspace(0, len(models) - 1, N_SHOWN).round().astype(int))
    figure, axes = new_figure(
        2, len(shown), width=1.3 * len(shown) + 0.6, height=3.3, squeeze=False
    )
    for column, model in zip(axes.T, [models[at] for at in shown], strict=True):
        parts = ((model.W, PALETTE[0]), (model.h, PALETTE[3]))
        for axis, (rows, colour) in zip(column, parts, strict=True):
            _draw_rows(axis, rows, colour)
        column[0].set_title(f"T = {model.T}")
    axes[0, 0].set_ylabel("features")
    axes[1, 0].set_ylabel("points")
    save(figure, path)


def _draw_rows(axis: Any, rows: np.ndarray, colour: str) -> None:
    """Rows (k, 2) as lines from the origin."""
    reach = 1.15 * max(np.abs(rows).max(), 1e-6)
    ends = np.stack([np.zeros_like(rows), rows], axis=1)
    strength = max(0.05, min(0.8, 12 / len(rows)))
    axis.plot(*ends.transpose(2, 1, 0), color=colour, linewidth=0.8, alpha=strength)
    axis.plot(*rows.T, ".", color=colour, markersize=3, alpha=min(1, 2 * strength))
    axis.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xticks=[], yticks=[])
    axis.spines[:].set_visible(False)


def _draw_descent(path: Path, models: list[Model]) -> None:
    figure, (left, right) = new_figure(1, 2, width=8.5, height=3.4)
    T = [model.T for model in models]
    left.plot(T, [model.test for model in models], "o-", color=PALETTE[3], label="other points")
    left.plot(T, [model.train for model in models], "s--", color=PALETTE[0], label="its own points")
    log_ticks(left, T)
    left.set(xlabel="points T", ylabel="loss", ylim=(0, None))
    left.legend(frameon=False)
    by_name = {"features": PALETTE[0], "points": PALETTE[3]}
    for name, colour in by_name.items():
        means = [getattr(model, f"of_{name}") for model in models]
        right.plot(T, means, "o-", color=colour, label=name)
    log_ticks(right, T)
    right.set(yscale="log", xlabel="points T", ylabel="mean dimensionality")
    right.legend(frameon=False)
    save(figure, path)


def _draw_varied(path: Path, measured: Descent) -> None:
    figure, (left, middle, right) = new_figure(1, 3, width=11, height=3.4)
    _draw_heat(figure, left, measured.widths)
    decays = sorted({model.decay for model in measured.decay})
    for decay, colour in zip(decays, PALETTE, strict=False):
        some = [model for model in measured.decay if model.decay == decay]
        x, y = [model.T for model in some], [model.test for model in some]
        middle.plot(x, y, "o-", color=colour, label=f"decay {decay:.3g}")
    log_ticks(middle, sorted({model.T for model in measured.decay}))
    middle.set(xlabel="points T", ylabel="loss on other points")
    middle.legend(frameon=False, fontsize=8)
    x = [model.repeats for model in measured.repeated]
    right.plot(x, [model.points[0] for model in measured.repeated], "o-", color=PALETTE[3])
    log_ticks(right, x)
    right.set(xlabel="copies of the point", ylim=(0, 1.02))
    right.set_ylabel("its dimensionality")
    save(figure, path)


def _draw_heat(figure: Any, axis: Any, models: list[Model]) -> None:
    """The loss on other points at each T and m."""
    T, m = (sorted({getattr(model, name) for model in models}) for name in ("T", "m"))
    losses = np.full((len(m), len(T)), np.nan)
    for model in models:
        losses[m.index(model.m), T.index(model.T)] = model.test
    image = axis.imshow(losses, origin="lower", aspect="auto", cmap="viridis")
    axis.set_xticks(range(len(T)), T)
    axis.set_yticks(range(len(m)), m)
    axis.set(xlabel="points T", ylabel="width m")
    figure.colorbar(image, ax=axis, label="loss on other points")
