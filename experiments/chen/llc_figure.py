"""The figure of estimated learning coefficients."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from experiments.chen import theory
from superpos.app.plots.figures import PALETTE, new_figure, save

if TYPE_CHECKING:
    from experiments.chen.llc import Estimates


def draw(
    path: Path,
    panels: Mapping[str, tuple["Estimates", float, Mapping[str, tuple[float, float]]]],
) -> None:
    """A panel for each number of examples, a column for each polygon.

    Args:
        path: PNG to write.
        panels: title -> what `llc.estimate` returns, the n that is shown of it, and polygon -> mean
            and standard deviation of others.
    """
    figure, axes = new_figure(
        1, len(panels), width=3.9 * len(panels), height=3.4, squeeze=False, sharey=True
    )
    for axis, (title, (found, n, printed)) in zip(axes[0], panels.items(), strict=True):
        names = [name for name in theory.LLC if (name, n) in found]
        for place, name in enumerate(names):
            chains = found[name, n]
            jitter = np.linspace(-0.15, 0.15, len(chains.values))
            for kept, face in ((True, PALETTE[0]), (False, "none")):
                chosen = chains.kept == kept
                axis.plot(
                    place + jitter[chosen],
                    chains.values[chosen],
                    "o",
                    color=PALETTE[0],
                    mfc=face,
                    markersize=4,
                )
            if chains.mean is not None:
                axis.hlines(chains.mean, place - 0.2, place + 0.2, color=PALETTE[3])
            axis.hlines(
                theory.LLC[name], place - 0.3, place + 0.3, color="black", linestyle="dashed"
            )
            if name in printed:
                axis.errorbar(
                    place + 0.3, printed[name][0], printed[name][1], fmt="s", color="#888888"
                )
        axis.set_xticks(
            range(len(names)), [name if "+" in name else f"{name}-gon" for name in names]
        )
        axis.set(title=title, xlim=(-0.5, len(names) - 0.4))
    axes[0, 0].set_ylabel("local learning coefficient λ")
    save(figure, path)
