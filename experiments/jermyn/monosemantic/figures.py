"""Numbers of monosemantic neurons, and what their biases are."""

from pathlib import Path
from typing import Any

from experiments.jermyn.monosemantic.measure import Measured, Model
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

WITHOUT, WITH = PALETTE[1], PALETTE[0]
COUNTS = Figure(
    "counts.png",
    "Number of monosemantic neurons and loss, by learning rate, bias at the start and width.",
    "Monosemantic neurons (top) and loss (bottom) by learning rate, without (orange) and with"
    " (blue) a bias of -1 at the start that decays; dashed: with a learning rate that falls once."
    " Then by the bias at the start, and by the number of neurons; grey: as many as features.",
)
BIASES = Figure(
    "biases.png",
    "Bias of each neuron against the share of one feature in its responses.",
    "The bias of each neuron that responds against the largest share of one feature in its"
    " responses, of all models by learning rate without (left) and with (right) a bias at the"
    " start; monosemantic neurons are those above .999 (green).",
)


def draw(measured: Measured, folder: Path) -> list[Figure]:
    """Draw the numbers and the losses, and the biases."""
    _draw_counts(folder / COUNTS.name, measured)
    _draw_biases(folder / BIASES.name, measured.rates)
    return [COUNTS, BIASES]


def _draw_counts(path: Path, measured: Measured) -> None:
    figure, axes = new_figure(2, 3, width=10, height=5.2, sharex="col")
    for models, line in ((measured.rates, "o-"), (measured.proper, "s--")):
        for colour, decayed in ((WITHOUT, False), (WITH, True)):
            _line(axes[:, 0], [e for e in models if (e.decay > 0) == decayed], "rate", line, colour)
    _line(axes[:, 1], measured.offsets, "offset", "o-", WITH)
    _line(axes[:, 2], measured.widths, "k", "o-", WITH)
    names = ("learning rate", "bias at the start", "neurons k")
    for column, name in zip(axes.T, names, strict=True):
        column[1].set(xlabel=name)
        for axis in column:
            axis.set_ylim(0, 1.08 * axis.dataLim.ymax)
        column[0].axhline(measured.rates[0].n, color="#999999", linewidth=0.8, zorder=0)
    axes[0, 0].set(ylabel="monosemantic neurons", xscale="log")
    axes[1, 0].set(ylabel="loss")
    save(figure, path)


def _line(axes: Any, models: list[Model], name: str, line: str, colour: str) -> None:
    """Numbers and losses of some models, by one of their numbers."""
    x = [getattr(each, name) for each in models]
    style = {"color": colour, "markersize": 4, "linewidth": 1}
    axes[0].plot(x, [each.n_mono for each in models], line, **style)
    axes[1].plot(x, [each.loss for each in models], line, **style)


def _draw_biases(path: Path, models: list[Model]) -> None:
    figure, axes = new_figure(1, 2, width=8, height=3.4, sharey=True)
    titles = {False: "without", True: "with a bias of -1 at the start"}
    for axis, (decayed, title) in zip(axes, titles.items(), strict=True):
        of = [each for each in models if (each.decay > 0) == decayed]
        for each in of:
            for which, colour in ((each.poly, PALETTE[3]), (each.mono, PALETTE[2])):
                axis.plot(each.shares[which], each.bias[which], ".", color=colour, markersize=3)
        axis.axhline(0, color="#999999", linewidth=0.8, zorder=0)
        axis.set(title=title, xlabel="largest share of a feature", xlim=(0, 1.03))
        axis.set_yscale("symlog", linthresh=0.1)
    axes[0].set_ylabel("bias")
    save(figure, path)
