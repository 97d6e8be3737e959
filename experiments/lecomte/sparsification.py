"""How fast an L1 penalty on its weights leaves a feature with a single neuron.

Source: Lecomte et al. 2023, Incidental Polysemanticity (arXiv 2312.03096), "Speed of
sparsification": for a feature with weights w the dynamics is dw/dt = (1 - ‖w‖²) w - λ sign(w), and
the weights that are left, with their L1 norm, follow, up to constants,

    m'(t) = max(1 / (1/√m + λt)², 1)        ‖w‖₁(t) = max(1 / (1/√m + λt), 1)

so that one is left at t = (1 - 1/√m) / λ. A step of SGD on (1 - ‖w‖²)² + 4 λ ‖w‖₁ at a learning
rate η is a step of 4 η in t.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import xarray

from superpos.app.claims.ledger import Claim, Verdict, settle
from superpos.app.findings import Figure, Findings
from superpos.app.plots.figures import PALETTE, new_figure, save
from superpos.train import store

PENALTY, LEARNING_RATE = 4e-4, 0.125
RATE, STEP = PENALTY / 4, 4 * LEARNING_RATE
"""λ, and the time that an update takes."""
LEFT = 3 * STEP * RATE
"""A weight is left when it is larger than this: smaller ones jump about 0."""
LEFT_ONLY = "the norm counts only weights that are left"
TRIED = (
    "tried: steps of a fifth; and the paper's own size, in a simulation of the same dynamics with 4"
    " instances: norm off by a factor of up to 1.3 to 1.6, number by 2.7 to 3.8, end at 1.3 to 2.3"
)
"""On how the norm is measured, and on the claims that do not reproduce."""

_claim = partial(
    Claim,
    paper="Lecomte et al. 2023, Incidental Polysemanticity",
    section="Speed of sparsification",
    setting="m=10,000, λ=1e-4, steps of 0.5, W ~ N(0, 1/m) (the paper: m=100,000, λ=1e-5)",
)
NORM = _claim(
    id="lecomte/sparsification/norm",
    statement="the L1 norm follows its closed form up to a factor of 1.5; largest |log ratio| up to"
    " the end of sparsification",
    relation="<=",
    claimed=0,
    tolerance=float(np.log(1.5)),
)
COUNT = _claim(
    id="lecomte/sparsification/count",
    statement="so does the number of weights that are left, up to a factor of 2; largest |log2"
    " ratio| up to half of the time",
    relation="<=",
    claimed=0,
    tolerance=1,
)
END = _claim(
    id="lecomte/sparsification/end",
    statement="a single weight is left at t = (1 - 1/√m) / λ; ratio of the times, for the median"
    " instance",
    relation="=",
    claimed=1,
    tolerance=0.5,
)
SINGLE = _claim(
    id="lecomte/sparsification/single",
    statement="in the end each feature has one neuron; largest number of weights left",
    relation="=",
    claimed=1,
    tolerance=0,
)


def analyse(*, datasets: Mapping[str, xarray.Dataset], folder: Path) -> Findings:
    """Judge the claims on the weights of single features over time.

    Args:
        datasets: {"sweep": a sweep over seed with n = 1, whose parameters are kept}.
        folder: where the figure goes.

    Returns:
        Verdicts and one figure.
    """
    dataset = datasets["sweep"]
    finished = store.finished(dataset).to_numpy()
    W = dataset["W_path"].transpose("seed", "step", "feature", "hidden").to_numpy()
    W = np.abs(W[finished, :, 0].astype(float))
    t, m = STEP * dataset["step"].to_numpy(), W.shape[-1]
    norm, left = np.where(W > LEFT, W, 0).sum(-1), (W > LEFT).sum(-1)
    _draw(folder / "sparsification.png", t, norm, left, m)
    alt = "L1 norm and number of weights that are left against time, beside their closed forms."
    caption = (
        "The weights of a feature that are left: their L1 norm (left) and number (right) against"
        " the time t, one line a seed; dashed: the closed forms."
    )
    verdicts = settle(judge(t, norm, left, m), dataset.get("fragile"))
    return Findings(verdicts, [Figure("sparsification.png", alt, caption)])


def judge(t: np.ndarray, norm: np.ndarray, left: np.ndarray, m: int) -> list[Verdict]:
    """Verdicts on L1 norms and weights left, each (instances, times), at times t of m weights."""
    if not norm.size:
        return [claim.judge(None) for claim in (NORM, COUNT, END, SINGLE)]
    form = closed_form(t, m)
    end = (1 - m**-0.5) / RATE
    before, early = t <= end, t <= end / 2
    with np.errstate(divide="ignore"):
        norms = np.abs(np.log(norm / form))[:, before]
        counts = np.abs(np.log2(left / form**2))[:, early]
    reached = left == 1
    time = float(np.median(np.where(reached.any(1), t[reached.argmax(1)], np.inf)))
    covered = t[-1] > end
    return [
        NORM.judge(norms.max() if norms.size else None, f"{LEFT_ONLY}; {TRIED}"),
        COUNT.judge(counts.max() if counts.size else None, TRIED),
        END.judge(time / end if covered else None, f"t = {time:.4g}; {TRIED}"),
        SINGLE.judge(left[:, -1].max() if covered else None),
    ]


def closed_form(t: np.ndarray, m: int) -> np.ndarray:
    """‖w‖₁ at times t; its square is the number of weights that are left."""
    return np.maximum(1 / (m**-0.5 + RATE * t), 1.0)


def _draw(path: Path, t: np.ndarray, norm: np.ndarray, left: np.ndarray, m: int) -> None:
    figure, axes = new_figure(1, 2, width=9, height=3.6)
    form = closed_form(t, m)
    for axis, lines, theory, name in zip(
        axes, (norm, left), (form, form**2), ("L1 norm", "weights left"), strict=True
    ):
        drawn: Any = axis
        drawn.plot(t, lines.T, color=PALETTE[0], linewidth=1, alpha=0.7)
        drawn.plot(t, theory, "--", color="black", label="closed form")
        drawn.set(xlabel="time t", ylabel=name, yscale="log")
        drawn.legend(frameon=False)
    save(figure, path)
