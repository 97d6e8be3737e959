"""What is claimed of scales of units, and how it is judged."""

import numpy as np

from experiments.gauge.rescaling.measure import Rescaled
from superpos.app.claims.ledger import Origin, Verdict, claims_of

AT = 1.0
"""The spread of the logarithms of the scales at which optimisers are compared."""
FEWER = "fewer seeds and draws than in a first run"
CLAIMS = claims_of(
    "gauge/rescaling",
    (
        ("sgd", "the function that SGD learns depends on the scales: its spread over draws of them"
         " at a log-normal spread of 1, as a share of the function", ">=", 0.01, 0),
        ("adam", "so does what Adam learns: the same", ">=", 0.01, 0),
        ("balanced", "what descent in the balanced gauge learns does not: the same", "<=", 0, 1e-3),
        ("sgd_grows", "under SGD it grows with the spread of the scales: share of steps of the"
         " spread at which it does", ">=", 1, 0),
        ("loss", "large scales cost SGD loss, the balanced gauge none: loss of SGD over that of the"
         " balanced gauge at a spread of 1", ">=", 1, 0),
    ),
    paper="Neyshabur et al. 2015, Path-SGD",
    section="3, Rescaling and Unbalanceness",
    setting="n=10, 8 ReLU units, p=0.2, batch 128, 2,000 updates in float32, 6 draws of the scales"
    " for each of 3 seeds",
    origin=Origin("ours", "after", FEWER),
    but={
        **dict.fromkeys(("sgd", "loss"), Origin("paper", "after", FEWER)),
        "balanced": Origin("theory", "after", FEWER),
    },
)  # fmt: skip


def judge(measured: Rescaled) -> list[Verdict]:
    """Verdicts on noise and losses; undecided without the spread AT."""
    [places] = np.nonzero(np.isclose(measured.spreads, AT))
    if not len(places):
        return [claim.judge(None) for claim in CLAIMS.values()]
    at = places[0]
    means = {name: values.mean(0) for name, values in measured.noise.items()}
    steps = np.diff(means["sgd"]) > 0
    listed = ", ".join(f"{value:.3g}" for value in means["sgd"])
    sgd, balanced = (measured.losses[name].mean(0)[at] for name in ("sgd", "balanced"))
    return [
        *(CLAIMS[name].judge(means[name][at]) for name in ("sgd", "adam", "balanced")),
        CLAIMS["sgd_grows"].judge(steps.mean() if len(steps) else None, listed),
        CLAIMS["loss"].judge(sgd / balanced, f"{sgd:.4g} and {balanced:.4g}"),
    ]
