"""What is claimed of the phase diagram, and of marginal returns."""

import numpy as np

from experiments.scherlis import theory
from experiments.scherlis.phase.measure import (
    Diagram,
    Phases,
    boundary_distance,
    closed_form_deviation,
)
from experiments.scherlis.phase.returns import SHARED, Returns, slope_at_one
from superpos.app.claims.ledger import Claim, Origin, Verdict, claims_of, settle

RESTARTS = "12 instances after 4 in a first run"
FIRST = "first with 64 instances: 0.044 in one bin, at the top of a curve where few stay"
"""On the number of instances, of the diagram and on the way."""

PAPER = "Scherlis et al. 2022, Polysemanticity and Capacity in Neural Networks"
CLAIMS = claims_of(
    "scherlis/phase",
    (
        ("boundary", "both features are represented where v2/v1 > 2/(κ - 1): largest distance of"
         " the boundary, in grid cells of v2/v1, over κ > 3", "<=", 0, 1),
        ("gaussian", "no neuron is shared at κ <= 3 and v2 < v1; points where one is", "<=", 0, 0),
        ("loss", "the best loss is the exact optimum; largest relative excess", "<=", 0, 0.001),
        ("capacity", "for κ > 3, capacities are those of the exact optimum; largest deviation",
         "<=", 0, 0.02),
        ("packed", "capacities add up to the number of neurons; largest deviation", "<=", 0, 0.01),
        ("closed_form", "the expected loss in closed form is that of Monte Carlo, 2^20 examples;"
         " largest relative deviation over trained models", "<=", 0, 0.02),
    ),
    paper=PAPER,
    section="3, the quadratic model, two features and one neuron",
    setting="n=2, m=1, kurtosis from 1.5 to 10, v2/v1 from 0.05 to 1, best of 12 instances,"
    " trained on the expected loss",
    origin=Origin("theory", "after", RESTARTS),
    but={
        "gaussian": Origin("theory", "before"),
        "packed": Origin("paper", "before", identity=True),
        "closed_form": Origin("theory", "before"),
    },
)  # fmt: skip


def claims_on_returns(ratio: float) -> dict[str, Claim]:
    """The claims on marginal returns, for a relative importance v2 / v1."""
    return claims_of(
        "scherlis/phase",
        (
            ("returns", "the loss against the capacity of a feature is the least at that capacity"
             " (derived here); largest relative excess over bins of capacity", "<=", 0, 0.02),
            ("sharing", "one feature takes the neuron where more capacity still returns something"
             " at a capacity of 1, and both share it where it does not; kurtoses where that fails",
             "<=", 0, 0),
        ),
        paper=PAPER,
        section="3, marginal returns on capacity",
        setting=f"n=2, m=1, v2/v1={ratio:g}, six kurtoses from 1.5 to 10, all steps of 256"
        " instances of gradient descent on the expected loss",
        origin=Origin("theory", "after", FIRST),
        but={"sharing": Origin("paper", "after", FIRST)},
    )  # fmt: skip


def judge(measured: Phases) -> list[Verdict]:
    """Verdicts on the diagram and on marginal returns."""
    return [*judge_diagram(measured.diagram), *judge_returns(measured.returns)]


def judge_diagram(diagram: Diagram) -> list[Verdict]:
    """Verdicts on the best models; those that need more of the grid than there is are not run."""
    ratio, kurtosis = diagram.ratio, diagram.kurtosis
    exact = np.array(
        [
            [theory.optimal_loss(np.array([1.0, r]), n_hidden=1, kurtosis=k) for r in ratio]
            for k in kurtosis
        ]
    )
    poor = diagram.shared[kurtosis <= 3][:, ratio < 1 - 1e-6]
    rich = kurtosis > 3 + 1e-6
    best = np.array(
        [
            [
                theory.optimal_capacities(np.array([1.0, r]), n_hidden=1, kurtosis=k)[0]
                for r in ratio
            ]
            for k in kurtosis[rich]
        ]
    )
    off = np.abs(diagram.capacity[rich] - best) if rich.any() else np.zeros(0)
    enough = len(ratio) > 4 and rich.any()
    verdicts = [
        CLAIMS["boundary"].judge(boundary_distance(diagram) if enough else None),
        CLAIMS["gaussian"].judge(poor.sum() if poor.size else None, f"{poor.size} points"),
        CLAIMS["loss"].judge((diagram.loss / exact - 1).max()),
        CLAIMS["capacity"].judge(off.max() if off.size else None),
        CLAIMS["packed"].judge(np.abs(diagram.capacity.sum(-1) - 1).max()),
        CLAIMS["closed_form"].judge(closed_form_deviation(diagram)),
    ]
    return settle(verdicts, diagram.fragile)


def judge_returns(returns: Returns) -> list[Verdict]:
    """Verdicts on the curves."""
    of = claims_on_returns(returns.ratio)
    slopes = slope_at_one(returns)
    known = ~np.isnan(slopes)
    alone = returns.final > 1 - SHARED
    met = int((~np.isnan(returns.capacity)).sum())
    return [
        of["returns"].judge(
            np.nanmax(returns.excess), f"{met} of {returns.capacity.size} bins were met"
        ),
        of["sharing"].judge(
            int(((slopes < 0) != alone)[known].sum()) if known.any() else None,
            f"one feature takes all at {int(alone.sum())} of {len(alone)} kurtoses",
        ),
    ]
