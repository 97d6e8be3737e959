"""What is claimed of the noise of the gauge, and how it is judged."""

import numpy as np

from experiments.gauge.noise.measure import Noise, isotropic
from superpos.app.claims.ledger import Origin, Verdict, claims_of

FEWER = "fewer seeds and bases than in a first run"
CLAIMS = claims_of(
    "gauge/noise",
    (
        ("sgd", "SGD does not see the basis: spread of the final Gram matrix over rotations of a"
         " start, as a share of its spread over seeds", "<=", 0, 1e-3),
        ("row_adam", "Adam with one second moment for each row does not see the basis: the same"
         " share", "<=", 0, 1e-3),
        ("adam", "Adam sees it: the same share", ">=", 0.01, 0),
        ("adam_dimensionality", "the basis alone moves the D_i of Adam by at least a tenth of what"
         " another seed does: ratio of the spreads", ">=", 0.1, 0),
        ("sgd_kurtosis", "rows of W have no preferred axes under SGD: mean kurtosis less that of"
         " random directions, in standard errors, in size", "<=", 0, 3),
        ("adam_kurtosis", "Adam aligns rows with the axes: the same, with its sign", ">=", 3, 0),
    ),
    paper="superpos, gauge freedom",
    section="noise of the basis, after Jermyn's comment on Soares 2022",
    setting="n=20, m=5, p=0.1, importance 0.9^i, batch 128, 3,000 updates in float32, 6 seeds, the"
    " start of each in 6 bases",
    origin=Origin("ours", "after", FEWER),
    but={
        "sgd": Origin("theory", "after", FEWER),
        "row_adam": Origin("theory", "after", FEWER),
        "sgd_kurtosis": Origin("ours", "after", f"in size, since a first run; {FEWER}"),
    },
)  # fmt: skip


def judge(measured: Noise) -> list[Verdict]:
    """Verdicts on the spreads of the optimisers; undecided where nothing varies over seeds."""
    spreads = measured.spreads
    return [
        *(_judge_share(name, spreads[name].gram) for name in ("sgd", "row_adam", "adam")),
        _judge_share("adam_dimensionality", spreads["adam"].dimensionality),
        *(_judge_kurtosis(name, measured) for name in ("sgd", "adam")),
    ]


def _judge_share(claim: str, spread: tuple[float, float]) -> Verdict:
    """Of the spread over bases in that over seeds."""
    bases, seeds = spread
    note = f"over bases {bases:.2g}, over seeds {seeds:.2g}"
    return CLAIMS[claim].judge(bases / seeds if seeds else None, note)


def _judge_kurtosis(name: str, measured: Noise) -> Verdict:
    """Of the mean over seeds, in its standard errors."""
    kurtosis, expected = measured.spreads[name].kurtosis, isotropic(measured.n_hidden)
    error = kurtosis.std(ddof=1) / np.sqrt(len(kurtosis)) if len(kurtosis) > 1 else 0.0
    excess = kurtosis.mean() - expected
    note = f"mean {kurtosis.mean():.3f}, of random directions {expected:.3f}"
    if name == "sgd":
        excess = abs(excess)
    return CLAIMS[f"{name}_kurtosis"].judge(excess / error if error else None, note)
