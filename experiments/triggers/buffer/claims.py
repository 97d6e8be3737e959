"""What is claimed of the safety buffer."""

import numpy as np

from experiments.triggers.buffer.measure import Buffers
from experiments.triggers.buffer.simulated import BUFFER, FACTORS, JUMPS, MONTHS, NOISE, worst
from superpos.app.claims.ledger import Origin, Verdict, claims_of

COUNTED = "asked at first of all evaluations, that of the start included, which is 1 of 4: 0.75"
BOUNDS = (
    "the rule was another: with the upper bound of the last evaluated model as the anchor, in place"
    " of its estimate, the share was 0.20"
)
FEWER = (
    "looked at first each 50 updates, on 4,096 examples, which give the logarithm of effective"
    " compute to 0.7 at the end: 117; that 8x is not enough was asked, too, and is no longer, since"
    " noise alone makes it true of models that learned nothing"
)
"""On claims that were changed after a run was seen."""
PAPER = "Anthropic, Responsible Scaling Policy 1.0"

SIMULATED = claims_of(
    "triggers/buffer",
    (
        ("bound", "without noise no overshoot is more than the factor, times a jump, times the"
         " growth in a look and in an evaluation: largest over that", "<=", 1, 1e-9),
        ("tight", "overshoots come near to that bound: the same at 4x, 6 months and jumps of up"
         " to 3", ">=", 0.85,
         0),
        ("safe", "at 4x without jumps and noise evaluations are complete within 6x: share that are"
         " not, over all months", "<=", 0, 0),
        ("unsafe", "at 8x and 6 months they are not: share of those after the start", ">=", 0.9, 0),
        ("calendar", "at 16x and 1 month they are, as the calendar comes first", "<=", 0, 0),
        ("small_jumps", "at 4x they are for jumps of up to 1.3, which is below 6 over 4 and the"
         " growth in three looks", "<=", 0, 0),
        ("large_jumps", "at 4x and 6 months they are not for jumps of up to 3: the reason to count"
         " finetuning", ">=", 0.1, 0),
    ),
    paper=PAPER,
    section="Evaluation Protocol",
    setting="simulated: 2 years, growth of 8x in half a year, looks each 4 days, evaluations of 8"
    " days, 30 runs",
    origin=Origin("theory", "before", identity=True),
    but={"unsafe": Origin("theory", "after", COUNTED, identity=True)},
) | claims_of(
    "triggers/buffer",
    (
        ("noise", "noise of 0.3 in the logarithm of compute at 4x and 6 months, without jumps:"
         " share of evaluations beyond 6x", "<=", 0.2, 0),
        ("reached", "a capability that the evaluations are built to see 6x early is reached unseen"
         " in few runs, at 4x and 3 months without jumps and noise", "<=", 0.05, 0),
    ),
    paper="our own",
    section="-",
    setting="simulated: as above; 20 tasks, each passed by 1 of 10 tries, half of them",
    origin=Origin("ours", "before", identity=True),
    but={"noise": Origin("ours", "after", BOUNDS, identity=True)},
)  # fmt: skip
REAL = claims_of(
    "triggers/buffer",
    (
        ("real", "real runs at 4x are evaluated within 6x: largest overshoot", "<=", BUFFER, 0),
    ),
    paper=PAPER,
    section="Evaluation Protocol",
    setting="4 autoencoders of 64 features in 16 dimensions, 500 to 8,000 updates, a look each 100,"
    " evaluations of 100; effective compute by a law of 4 others",
    origin=Origin("ours", "after", FEWER),
)  # fmt: skip


def judge(measured: Buffers) -> list[Verdict]:
    """Verdicts; those of real runs are not run where there are too few looks."""
    cells = measured.cells
    exact = cells.largest[:, :, NOISE.index(0.0)]
    bounds = np.array([[worst(factor, jump) for jump in JUMPS] for factor in FACTORS])
    over = exact / bounds[:, None, :]
    months = MONTHS.index(6)

    def breached(factor: float, noise: float = 0.0, jump: float = 1.0) -> np.ndarray:
        at = FACTORS.index(factor), slice(None), NOISE.index(noise), JUMPS.index(jump)
        return cells.breached[at]

    four, none = FACTORS.index(4.0), NOISE.index(0.0)
    found = {
        "bound": over.max(),
        "tight": over[four, months, JUMPS.index(3.0)],
        "safe": breached(4.0).max(),
        "unsafe": breached(8.0)[months],
        "calendar": breached(16.0)[MONTHS.index(1)],
        "small_jumps": breached(4.0, jump=1.3).max(),
        "large_jumps": breached(4.0, jump=3.0)[months],
        "noise": breached(4.0, noise=0.3)[months],
        "reached": cells.crossed[four, MONTHS.index(3), none, JUMPS.index(1.0)],
    }
    verdicts = [SIMULATED[name].judge(value) for name, value in found.items()]
    return [*verdicts, REAL["real"].judge(_largest(measured, 4.0), _noise(measured.sigma))]


def _noise(sigma: np.ndarray) -> str:
    if not sigma.size:
        return ""
    return (
        "standard error of the logarithm of effective compute, by the examples of an evaluation:"
        f" {sigma[0]:.2g} at the first look, {sigma[-1]:.2g} at the last"
    )


def _largest(measured: Buffers, factor: float) -> float | None:
    """The largest overshoot of real runs; nan where none was evaluated after its start."""
    if measured.real is None:
        return None
    overshoots = measured.real[FACTORS.index(factor)]
    return float(overshoots.max()) if overshoots.size else np.nan
