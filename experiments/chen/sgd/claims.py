"""What is claimed of plateaus and the passages between them."""

import numpy as np

from experiments.chen import theory
from experiments.chen.sgd.measure import ELSEWHERE, Runs, passages, plateau_of
from superpos.app.claims.ledger import Claim, Origin, Verdict, claims_of

SHARES = {"4": 1207 / 4530, "4+": 1635 / 4530, "4++": 785 / 4530, "5": 667 / 4530}
"""Share of checkpoints on each plateau in arc-llc."""
AFTER_PILOT = "the tolerance was chosen after a shorter run"
FIRST = (
    "first with 6 runs on each of 5 data sets, where there was one passage, and 2 on each of 15;"
    " with a data set for each of 30 runs there are 10 passages, all to a lower loss"
)
STARTS = (
    "shares hang on the few starts; with a start and a data set for each of 30 runs the deviation"
    " is 0.10, with 2 starts 0.27"
)
"""On the number of runs and of data sets."""


def claims(n_runs: int, n_sets: int) -> dict[str, Claim]:
    """The claims, for so many runs on so many data sets."""
    setting = (
        "r=2, c=6, n=1000, batch 20 with replacement, lr 0.005, 4,500 epochs, from the"
        f" 4-gon + N(0, 0.01²); {n_runs} runs, {n_sets} data sets"
    )
    return claims_of(
        "chen/sgd",
        (
            ("on_plateau", "share of checkpoints whose loss is within 3e-4 of a polygon's", ">=",
             0.9, 0),
            ("down", "share of passages between plateaus that lead to a lower loss", ">=", 1, 0.05),
            ("steps_up", "share of passages between plateaus after which the estimate of the"
             " learning coefficient is higher, by chains from the polygons", ">=", 1, 0.05),
            ("vestigial", "at a 5-gon the bias of the feature without a direction is negative;"
             " largest over checkpoints", "<=", 0, 0),
            ("hexagon", "no checkpoint at a polygon is at the 6-gon, though its loss is the least;"
             " their share", "<=", 0, 0.01),
        ),
        paper="Chen et al. 2023, Dynamical versus Bayesian Phase Transitions",
        section="dynamical transitions",
        setting=setting,
        origin=Origin("paper", "before"),
        but={
            **dict.fromkeys(("down", "steps_up"), Origin("paper", "after", FIRST)),
            "hexagon": Origin("ours", "after", AFTER_PILOT),
        },
    ) | claims_of(
        "chen/sgd",
        (
            ("occupied", "shares of checkpoints at the 4, 4+, 4++ and 5-gon are arc-llc's; largest"
             " deviation", "<=", 0, 0.15),
        ),
        paper="ztreisman/arc-llc, a reproduction of Chen et al. 2023",
        section="checkpoints by plateau",
        setting=setting,
        origin=Origin("paper_number", "after", f"{AFTER_PILOT}; {STARTS}"),
    )  # fmt: skip


def judge(measured: Runs) -> list[Verdict]:
    """Verdicts on the checkpoints; where there is no passage or no 5-gon, what they do fails."""
    of, llc = claims(len(measured.losses), measured.n_sets), measured.llc
    plateaus = plateau_of(measured.losses)
    names = list(theory.KINDS)
    shares = {name: float(np.mean(plateaus == number)) for number, name in enumerate(names)}
    counted = ", ".join(f"{name}: {share:.3f}" for name, share in shares.items())
    passed = [(names[before], names[after]) for before, after in passages(plateaus)]
    down = [theory.level(after) < theory.level(before) for before, after in passed]
    up = [llc[after] > llc[before] for before, after in passed if {before, after} <= llc.keys()]
    at_pentagon = measured.bias[plateaus == names.index("5")]
    at_any = plateaus[plateaus != ELSEWHERE]
    values = ", ".join(f"{name}: {value:.2f}" for name, value in llc.items())
    return [
        of["on_plateau"].judge(np.mean(plateaus != ELSEWHERE), counted),
        of["down"].judge(float(np.mean(down)) if down else np.nan, f"{len(down)} passages"),
        of["steps_up"].judge(
            (float(np.mean(up)) if up else np.nan) if llc else None,
            f"{len(up)} passages; estimates {values}",
        ),
        of["vestigial"].judge(
            at_pentagon.max() if at_pentagon.size else np.nan, f"{at_pentagon.size} checkpoints"
        ),
        of["occupied"].judge(
            max(abs(shares[name] - share) for name, share in SHARES.items()),
            counted,
        ),
        of["hexagon"].judge(float(np.mean(at_any == names.index("6"))) if at_any.size else np.nan),
    ]
