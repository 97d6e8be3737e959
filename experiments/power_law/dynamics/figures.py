"""The loss against time, and the powers by which it falls."""

from pathlib import Path
from typing import Any

import numpy as np

from experiments.power_law.dynamics.measure import Course, Dynamics
from superpos.app.findings import Figure
from superpos.app.plots.figures import PALETTE, new_figure, save

COURSES = Figure(
    "courses.png",
    "Loss against updates without and with a bottleneck, and the exponents of both.",
    "Left: a dimension for each feature (points) and gradient descent in closed form (lines), a"
    " colour an a, the darker the larger b. Middle: the most dimensions fewer than features, loss"
    " above that at the end; dashed: 1/t. The parts in which powers are fitted are drawn with"
    " filled points. Right: fitted exponents against (a + 2b - 1)/a of infinitely many features.",
)


def draw(measured: Dynamics, folder: Path) -> list[Figure]:
    """Draw the courses and their exponents."""
    figure, (left, middle, right) = new_figure(1, 3, width=11, height=3.6)
    powers = sorted({each.a for each in measured.whole + measured.bottleneck})
    colours = {a: PALETTE[number % len(PALETTE)] for number, a in enumerate(powers)}
    for each in measured.whole:
        _draw_course(left, each, each.loss, colours[each.a])
        later = each.steps > 0
        left.plot(each.steps[later], each.expected[later], color=colours[each.a], linewidth=0.8)
    most = max(each.k for each in measured.bottleneck)
    for each in measured.bottleneck:
        if each.k == most:
            _draw_course(middle, each, each.excess, colours[each.a])
    ends = np.array([10.0, 3000.0])
    middle.plot(ends, 3 / ends, "--", color="#999999", linewidth=1, label="1/t")
    middle.legend(frameon=False, fontsize=8)
    _draw_exponents(right, measured)
    title = f"K = {measured.n}, as many as features"
    left.set(xscale="log", yscale="log", xlabel="updates", ylabel="loss", title=title)
    title = f"K = {most} of {measured.n}"
    middle.set(xscale="log", yscale="log", xlabel="updates", ylabel="loss - last", title=title)
    right.set(xlabel="(a + 2b - 1)/a", ylabel="exponent of time")
    right.legend(frameon=False, fontsize=8)
    save(figure, folder / COURSES.name)
    return [COURSES]


def _draw_course(axis: Any, course: Course, values: np.ndarray, colour: str) -> None:
    shade = 1 / (1 + course.b)
    for which, face in ((course.inside, colour), (~course.inside, "none")):
        chosen = which & (course.steps > 0) & (values > 0)
        style = {"markersize": 3, "markerfacecolor": face, "markeredgewidth": 0.6}
        axis.plot(course.steps[chosen], values[chosen], "o", color=colour, alpha=shade, **style)


def _draw_exponents(axis: Any, measured: Dynamics) -> None:
    rows = [("K = N", each, each.loss) for each in measured.whole]
    rows += [(f"K = {each.k}", each, each.excess) for each in measured.bottleneck]
    names = list(dict.fromkeys(name for name, *_ in rows))
    for name, colour in zip(names, PALETTE, strict=False):
        found = [(c.law, e) for key, c, of in rows if key == name and (e := c.exponent(of))]
        axis.plot(*np.reshape(found, (-1, 2)).T, "o", color=colour, markersize=4, label=name)
    laws = np.array([min(each.law for _, each, _ in rows), max(each.law for _, each, _ in rows)])
    axis.plot(laws, laws, "--", color="#999999", linewidth=0.8, zorder=0)
    axis.axhline(1, color="#999999", ls=":", linewidth=0.8, zorder=0)
