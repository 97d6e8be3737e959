"""Quality by compute, and where each solver stands between direct and amortised."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from experiments.optimisation.claimed import break_even, of_training, ratio
from experiments.optimisation.curves import FLOOR, Curve, Solvers, elasticities, elasticity
from superpos.app.claims.shown import number_text
from superpos.app.findings import Figure, Table
from superpos.app.plots.figures import PALETTE, log_ticks, new_figure, save

NAMES = {
    "gradient": "gradient descent",
    "restarts": "gradient descent with restarts",
    "momentum": "momentum",
    "conjugate": "conjugate gradients",
    "newton": "Newton's method",
    "local": "local search",
    "beam": "beam search",
    "random": "random search",
    "cem": "cross-entropy method",
    "solution": "network, taught the best answers",
    "objective": "network, taught by the objective",
}
PROGRAM = "program that was searched for"
LEARNED = "learned update rule"
STYLES: Mapping[str, tuple[str, str, str]] = {
    "gradient": (PALETTE[0], "o", "-"),
    "restarts": (PALETTE[2], "o", "-"),
    "momentum": (PALETTE[0], "v", "--"),
    "conjugate": (PALETTE[2], "v", "--"),
    "newton": (PALETTE[1], "o", "-"),
    "local": (PALETTE[0], "o", "-"),
    "beam": (PALETTE[1], "v", "--"),
    "random": (PALETTE[7], "x", "-"),
    "cem": (PALETTE[3], "o", "-"),
    "solution": (PALETTE[4], "s", ":"),
    "objective": (PALETTE[5], "s", ":"),
}
"""Name of a solver -> its colour, marker and line."""
CURVES_ALT = "Mean regret of each solver by operations spent on a problem, in three distributions."
CURVES_CAPTION = (
    "Mean regret, as a part of that of an answer without knowledge, by floating-point operations"
    " on one problem, for problems as trained on and for two other distributions; bands are 95 %"
    " bootstrap intervals over problems and seeds. Lines of direct solvers, of the program, of the"
    " learned rule and of the hybrid go on with every step; a mark of a network is one width, and"
    " it answers at once."
    " Operations of training and search are not counted here. Regrets below"
    f" {number_text(FLOOR)}, where float32 says nothing, are drawn there; a line that leaves a"
    " panel above diverges."
)
PLANE_ALT = "Training elasticity against inference elasticity of each solver."
PLANE_CAPTION = (
    "How fast regret falls with the operations of steps on a problem (across) and with those spent"
    " once before any problem is met (up), as powers; bars are 95 % bootstrap intervals over"
    " problems and seeds. A direct solver lies on the horizontal axis, and an amortised one on the"
    " vertical axis. A program that was searched for, and a rule that was learned, lie on neither:"
    " they are paid for once, and what was found works on each problem."
)


class Place(NamedTuple):
    """Where a solver stands: both elasticities, each with draws of the bootstrap."""

    name: str
    inference: float
    inference_draws: np.ndarray
    training: float
    training_draws: np.ndarray


def draw_family(measured: Solvers, folder: Path) -> list[Figure]:
    """Draw curves in a panel for each distribution, and the plane."""
    _draw_curves(measured, folder / "curves.png")
    _draw_plane(measured, folder / "plane.png")
    return [
        Figure("curves.png", CURVES_ALT, CURVES_CAPTION),
        Figure("plane.png", PLANE_ALT, PLANE_CAPTION),
    ]


def solvers_of(measured: Solvers) -> list[tuple[str, Curve, dict[str, Any]]]:
    """Name, curve and style of each solver of the figure."""
    found = [
        (NAMES[name], curve, _style(*STYLES[name]))
        for name, curve in {**measured.direct, **measured.networks}.items()
    ]
    hybrid = measured.hybrid["objective"]
    found.append((hybrid_name(measured), hybrid, _style(PALETTE[5], "^", "-")))
    found.append((PROGRAM, measured.program, _style("black", "D", "-")))
    if measured.learned is not None:
        found.append((LEARNED, measured.learned, _style("black", "P", "--")))
    return found


def _style(colour: str, marker: str, line: str) -> dict[str, Any]:
    return {"color": colour, "marker": marker, "ls": line}


def hybrid_name(measured: Solvers) -> str:
    """A network and the steps that follow."""
    return f"network, then {NAMES[next(iter(measured.direct))]}"


def _draw_curves(measured: Solvers, path: Path) -> None:
    n_shifts, drawn = len(measured.shifts), solvers_of(measured)
    figure, axes = new_figure(1, n_shifts, width=11, height=4.6, sharey=True)
    for shift, axis in enumerate(axes):
        for name, curve, style in drawn:
            _draw_curve(axis, curve, shift, name, style)
        log_ticks(axis, [1e2, 1e3, 1e4, 1e5], "{:,.0f}")
        axis.set(xlabel="operations on a problem (FLOPs)", xlim=(80, 3e5))
        axis.set(title=measured.shifts[shift])
        log_ticks(axis, [1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1], along="y")
    least = min(curve.mean(shift).min() for shift in range(n_shifts) for _, curve, _ in drawn)
    axes[0].set(ylabel="regret, part of that without knowledge", ylim=(0.7 * least, 3))
    named = axes[0].get_legend_handles_labels()
    figure.legend(*named, loc="outside lower center", ncols=4, frameon=False, fontsize=8)
    save(figure, path)


def _draw_curve(axis: Any, curve: Curve, shift: int, name: str, style: dict[str, Any]) -> None:
    there = curve.flops > 0
    x, y = curve.flops[there], curve.mean(shift)[there]
    low, high = np.percentile(curve.resampled(shift)[:, there], [2.5, 97.5], axis=0)
    axis.plot(x, y, ms=3.5, lw=1.2, label=name, **style)
    axis.fill_between(x, low, high, color=style["color"], alpha=0.15, lw=0)


def places(measured: Solvers) -> list[Place]:
    """Where each solver stands; what is 0 by definition has no interval."""
    none = np.zeros(1)
    found = [
        Place(NAMES[name], *_inference(curve), 0.0, none)
        for name, curve in measured.direct.items()
        if np.isfinite(elasticity(curve.steps_flops, curve.mean()))
    ]
    found += [
        Place(NAMES[name], 0.0, none, *_training(curve)) for name, curve in measured.trained.items()
    ]
    hybrid, trained = measured.hybrid["objective"], measured.trained["objective"]
    found.append(Place(hybrid_name(measured), *_inference(hybrid), *_training(trained)))
    found.append(Place(PROGRAM, *_inference(measured.program), *_training(measured.searched)))
    if measured.learned is not None and measured.learning is not None:
        found.append(Place(LEARNED, *_inference(measured.learned), *_training(measured.learning)))
    return found


def _inference(curve: Curve) -> tuple[float, np.ndarray]:
    draws = elasticities(curve.steps_flops, curve.resampled())
    return elasticity(curve.steps_flops, curve.mean()), draws


def _training(curve: Curve) -> tuple[float, np.ndarray]:
    return of_training(curve), np.nan_to_num(elasticities(curve.flops, curve.resampled()))


def _draw_plane(measured: Solvers, path: Path) -> None:
    figure, axis = new_figure(1, 1, width=7.5, height=4.2)
    axis.axhline(0, color="#999999", lw=0.8)
    axis.axvline(0, color="#999999", lw=0.8)
    styles = {name: style for name, _, style in solvers_of(measured)}
    for place in places(measured):
        x, y = place.inference, place.training
        if not np.isfinite([x, y]).all():
            continue
        style = styles[place.name]
        axis.errorbar(
            x,
            y,
            xerr=_bars(x, place.inference_draws),
            yerr=_bars(y, place.training_draws),
            fmt=style["marker"],
            color=style["color"],
            ms=6,
            lw=1,
            label=place.name,
        )
    axis.set(xlabel="inference elasticity: how direct", ylabel="training elasticity: how amortised")
    axis.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    save(figure, path)


def _bars(value: float, draws: np.ndarray) -> np.ndarray:
    known = draws[np.isfinite(draws)]
    low, high = np.percentile(known, [2.5, 97.5]) if known.size else (value, value)
    return np.array([[max(value - low, 0)], [max(high - value, 0)]])


def tables_of(measured: Solvers) -> Sequence[Table]:
    """All numbers of each solver at its largest budget, and the programs."""
    first = next(iter(measured.direct.values()))
    found = {place.name: place for place in places(measured)}
    networks, rows = {NAMES[name] for name in measured.networks}, []
    for name, curve, _ in solvers_of(measured):
        at = -1 if name in networks else min(measured.n_steps.bit_length(), len(curve.flops) - 1)
        trained, place = _paid(measured, name), found.get(name)
        even = None if trained is None else break_even(curve, trained, first, at)
        exact = curve.mean()[at] == FLOOR
        rows.append(
            [
                name,
                f"{curve.flops[at]:,.0f}",
                f"{curve.evaluations[at]:g}",
                "0" if trained is None else f"{trained.flops[-1]:.2g}",
                f"≤ {FLOOR:g}" if exact else f"{curve.mean()[at]:.2g}",
                *("-" if exact else f"{ratio(curve, shift)[at]:.2g}" for shift in (1, 2)),
                "-" if place is None else f"{place.inference:.2f}",
                "-" if place is None else f"{place.training:.2f}",
                "-" if even is None else "never" if np.isinf(even) else f"{even:.2g}",
            ]
        )
    caption = (
        f"Each solver after {measured.n_steps} steps, or with a beam of as many cuts, and the"
        " widest network: operations and candidates tried on a problem, operations that were spent"
        " once, mean regret and how many"
        " times it is that in the two other distributions, both elasticities, and the number of"
        " problems after which what was spent once has paid, against"
        f" {NAMES[next(iter(measured.direct))]} down to the same regret."
    )
    header = ["", "FLOPs", "tried", "FLOPs once", "regret", *measured.shifts[1:]]
    header += ["inference", "training", "pays after"]
    programs = Table(
        "The programs that were found, by the seed of the search.",
        ["seed", "program"],
        [[str(seed), text] for seed, text in enumerate(measured.texts)],
    )
    return [Table(caption, header, rows), programs]


def _paid(measured: Solvers, name: str) -> Curve | None:
    """What was spent once on a solver of this name."""
    if name in (PROGRAM, LEARNED):
        return measured.searched if name == PROGRAM else measured.learning
    if name == hybrid_name(measured):
        return measured.trained["objective"]
    return {NAMES[key]: curve for key, curve in measured.trained.items()}.get(name)
