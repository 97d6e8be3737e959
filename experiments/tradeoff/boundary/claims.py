"""What is claimed of the boundary of sharing."""

import numpy as np

from experiments.elhage.phase_change import theory
from experiments.tradeoff.boundary.measure import Boundaries
from superpos.app.claims.ledger import Origin, Verdict, claims_of, settle

BESIDE = 0.05
NEAR = 1.15
LAST = (
    "first not measured where a boundary is beyond the grid, which now counts as its last density"
)
CLAIMS = claims_of(
    "tradeoff/boundary",
    (
        ("equal", "with unit weights and no bias, the exact losses of a pair and of one feature"
         " alone meet at p* = 4r/(2+5r); largest relative difference", "<=", 0, 1e-9),
        ("order", "the pair is better 5 % below p*, worse 5 % above; points where not", "<=", 0,
         0),
        ("closed_form", "trained models share the dimension up to p*; largest relative distance of"
         " their boundary, as scales and biases are trained", "<=", 0, 0.1),
        ("optimum", "trained models share the dimension up to where the exact optimum does; largest"
         " distance in steps of the grid",
         "<=", 0, 1),
        ("loss", "the best loss is the exact optimum; largest relative excess", "<=", 0, 0.01),
        ("local", "beyond the boundary pairs are local minima: share of instances that end as one,"
         " up to 15 % above the exact boundary", ">=", 0.05, 0),
    ),
    paper="Elhage et al. 2022, Toy Models of Superposition",
    section="Superposition as a Phase Change",
    setting="n=2, m=1, 24 densities from 0.06 to 0.75, importance of the second feature from 0.1"
    " to 1, best of 12 instances by exact loss",
    origin=Origin("theory", "before"),
    but={
        **dict.fromkeys(("equal", "order"), Origin("theory", "before", identity=True)),
        **dict.fromkeys(("closed_form", "optimum"), Origin("theory", "after", LAST)),
        "local": Origin("ours", "before"),
    },
)  # fmt: skip


def judge(measured: Boundaries) -> list[Verdict]:
    """Verdicts; those on a boundary that is not on the grid are not run."""
    r, trained, exact = measured.ratio, measured.trained, measured.exact
    pair, alone = ansatz_losses(r, measured.closed_form)
    sides = [ansatz_losses(r, measured.closed_form * (1 + side)) for side in (-BESIDE, BESIDE)]
    wrong = (sides[0][0] >= sides[0][1]).sum() + (sides[1][0] <= sides[1][1]).sum()
    end = measured.density[-1]  # the grid knows no more of a boundary beyond it
    off = np.abs(np.minimum(trained, end) / measured.closed_form - 1)
    apart = np.abs(np.minimum(trained, end) - np.minimum(exact, end)) / measured.step
    beyond = (measured.density[:, None] > exact) & (measured.density[:, None] < NEAR * exact)
    whole = len(measured.density) > 2
    verdicts = [
        CLAIMS["equal"].judge(np.abs(pair / alone - 1).max()),
        CLAIMS["order"].judge(wrong),
        CLAIMS["closed_form"].judge(
            off.max() if whole else None,
            ", ".join(
                f"r={a:g}: {b:.3f} against {c:.3f}"
                for a, b, c in zip(r, trained, measured.closed_form, strict=True)
            ),
        ),
        CLAIMS["optimum"].judge(
            apart.max() if whole else None,
            ", ".join(f"r={a:g}: {b:.3f}" for a, b in zip(r, exact, strict=True)),
        ),
        CLAIMS["loss"].judge((measured.loss / measured.optimum - 1).max()),
        CLAIMS["local"].judge(measured.instances[beyond].mean() if beyond.any() else None),
    ]
    return settle(verdicts, measured.fragile)


def ansatz_losses(ratio: np.ndarray, density: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Exact losses of an antipodal pair, and of the first feature alone, each (n_r,)."""
    importance = np.stack([np.ones_like(ratio), ratio], axis=-1)
    configurations = theory.configuration_parameters(density, 2)
    pair, alone = (
        theory.exact_loss(*configurations[name], density=density, importance=importance)
        for name in ("antipodal", "ignore")
    )
    return pair, alone
