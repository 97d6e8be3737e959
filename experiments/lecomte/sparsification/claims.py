"""What is claimed of the weights of single features over time."""

import numpy as np

from experiments.lecomte.sparsification.measure import RATE, Course
from superpos.app.claims.ledger import Origin, Verdict, claims_of, settle

LEFT_ONLY = "the norm counts only weights that are left"
TRIED = (
    "tried: steps of a fifth; and the paper's own size, in a simulation of the same dynamics with 4"
    " instances: norm off by a factor of up to 1.3 to 1.6, number by 2.7 to 3.8, end at 1.3 to 2.3"
)
"""On how the norm is measured, and on the claims that do not reproduce."""

CLAIMS = claims_of(
    "lecomte/sparsification",
    (
        ("norm", "the L1 norm follows its closed form up to a factor of 1.5; largest |log ratio| up"
         " to the end of sparsification", "<=", 0, float(np.log(1.5))),
        ("count", "so does the number of weights that are left, up to a factor of 2; largest |log2"
         " ratio| up to half of the time", "<=", 0, 1),
        ("end", "a single weight is left at t = (1 - 1/√m) / λ; ratio of the times, for the median"
         " instance", "=", 1, 0.5),
        ("single", "in the end each feature has one neuron; largest number of weights left", "=", 1,
         0),
    ),
    paper="Lecomte et al. 2023, Incidental Polysemanticity",
    section="Speed of sparsification",
    setting="m=10,000, λ=1e-4, steps of 0.5, W ~ N(0, 1/m) (the paper: m=100,000, λ=1e-5)",
    origin=Origin("paper", "before", TRIED),
    but={
        "norm": Origin("paper", "after", f"{LEFT_ONLY}; {TRIED}"),
        "single": Origin("paper", "before"),
    },
)  # fmt: skip


def judge(measured: Course) -> list[Verdict]:
    """Verdicts on norms and weights left; what needs later times than there are is not run."""
    return settle(_judge(measured), measured.fragile)


def _judge(course: Course) -> list[Verdict]:
    """Verdicts, whether or not the models are sensitive to rounding."""
    t, norm, left = course.t, course.norm, course.left
    if not norm.size:
        return [claim.judge(None) for claim in CLAIMS.values()]
    form = course.closed_form
    end = (1 - course.n_hidden**-0.5) / RATE
    before, early = t <= end, t <= end / 2
    with np.errstate(divide="ignore"):
        norms = np.abs(np.log(norm / form))[:, before]
        counts = np.abs(np.log2(left / form**2))[:, early]
    reached = left == 1
    time = float(np.median(np.where(reached.any(1), t[reached.argmax(1)], np.inf)))
    covered = t[-1] > end
    return [
        CLAIMS["norm"].judge(norms.max() if norms.size else None),
        CLAIMS["count"].judge(counts.max() if counts.size else None),
        CLAIMS["end"].judge(time / end if covered else None, f"t = {time:.4g}"),
        CLAIMS["single"].judge(left[:, -1].max() if covered else None),
    ]
