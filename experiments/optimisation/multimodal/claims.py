"""What is claimed of solvers of wells."""

import numpy as np

from experiments.optimisation.claimed import UNTRAINED, family_claims, judge_family, of_training
from experiments.optimisation.curves import Curve, elasticity
from experiments.optimisation.descent import N_DESCENT
from experiments.optimisation.multimodal.measure import Multimodal, unsolved
from superpos.app.claims.ledger import Origin, Row, Verdict

THEORY: list[Row] = [
    ("wrong_basin", "gradient descent from one start fails as often as the basins say: share of"
     " problems that it leaves unsolved, less the share of starts outside the basin of the global"
     " minimum, counted in float64 from other starts", "=", 0, 0.08),
    ("restarts", "restarts fail as independent starts do: share of problems unsolved after r"
     " descents against the mean of (1 - p)^r, where p is the share of a problem's starts from"
     " which a descent solves it; largest difference", "<=", 0, 0.1),
    ("random_power", "random search in the plane closes in with the inverse of the candidates: its"
     " regret falls with this power of them, over the last three doublings", "=", 1, 0.3),
    ("deeper_direct", "how deep wells are says nothing to a direct solver: mean regret where they"
     " are four times as deep over that of problems as trained on, the largest of all solvers",
     "<=", 1, 0.3),
]  # fmt: skip
OURS: list[Row] = [
    ("candidates", "restarts, random search and the cross-entropy method buy regret with"
     " candidates: inference elasticity, the smallest", ">=", 0.1, 0),
    ("plateau", "gradient descent from one start does not get better for ever: mean regret at the"
     " largest budget over that at a quarter of it", ">=", 0.7, 0),
    ("deeper", "a network is worse where wells are four times as deep: mean regret there over that"
     " of problems as trained on, the smaller of two ways of training", ">=", 1.5, 0),
    ("taught", "a network taught by the objective is better than one taught the best answers: ratio"
     " of mean regrets of the widest", "<=", 1, 0),
    ("ties", "a network taught the best answers lies between minima that are almost as good as each"
     " other: mean regret over that of one taught by the objective, in the quarter of the problems"
     " whose two best minima differ least", ">=", 1.2, 0),
    ("basin", "descent from a network's answer ends in the basin of the global minimum more often"
     " than from a random start: difference of the shares of problems solved by one descent, the"
     " smaller of two ways of training", ">=", 0.1, 0),
]  # fmt: skip
MIDDLE = (
    "an answer near the middle of the box is better than the mean over the box, without any"
    " knowledge of the problem: this control cannot be met for wells"
)
SEEN = "written after a trial of gradient descent from one start, on other problems"
CLAIMS = family_claims(
    "optimisation/multimodal",
    "sums of 6 Gaussian wells in the plane; 256 problems of each distribution; networks of one"
    " hidden layer with up to 64 units",
    "gradient descent with restarts",
    identities=THEORY,
    least=0.1,
    more=OURS,
    but={
        "plateau": Origin("ours", "after", SEEN, identity=True),
        "shuffled": Origin("control", "before", MIDDLE, identity=True),
        "program_shuffled": Origin("control", "before", MIDDLE, identity=True),
        "taught": Origin("ours", "before", UNTRAINED, identity=True),
        "candidates": Origin("ours", "before", UNTRAINED, identity=True),
    },
)


def judge(measured: Multimodal) -> list[Verdict]:
    """Verdicts."""
    solvers = measured.solvers
    direct, networks, hybrid = solvers.direct, solvers.networks, solvers.hybrid
    descent = direct["gradient"]
    bought = {name: of_training(direct[name]) for name in ("restarts", "random", "cem")}
    deeper = {name: third_ratio(each) for name, each in direct.items()}
    worse = {name: third_ratio(each) for name, each in networks.items()}
    solution, objective = networks["solution"], networks["objective"]
    one = N_DESCENT.bit_length()
    gains = {
        name: unsolved(direct["restarts"], one) - unsolved(each, one)
        for name, each in hybrid.items()
    }
    at = len(descent.flops) - 1
    expected = 1 - measured.long.mean()
    found = {
        "wrong_basin": (
            unsolved(descent, at) - expected,
            f"{unsolved(descent, at):.3f}, expected {expected:.3f}",
        ),
        "restarts": off_independence(measured),
        "random_power": (
            elasticity(direct["random"].flops[-4:], direct["random"].mean()[-4:]),
            "",
        ),
        "deeper_direct": (max(deeper.values()), _listed(deeper)),
        "candidates": (min(bought.values()), _listed(bought)),
        "plateau": (descent.mean()[-1] / descent.mean()[-3], ""),
        "deeper": (min(worse.values()), _listed(worse)),
        "taught": (objective.mean()[-1] / solution.mean()[-1], ""),
        "ties": on_ties(measured),
        "basin": (min(gains.values()), _listed(gains)),
    }
    verdicts = [CLAIMS[key].judge(*each) for key, each in found.items()]
    return [*judge_family(CLAIMS, solvers), *verdicts]


def third_ratio(curve: Curve) -> float:
    """Mean regret in the third distribution over that in the first, at the last point."""
    return float(curve.mean(2)[-1] / curve.mean()[-1])


def expected_unsolved(measured: Multimodal, r: float) -> float:
    """Share of problems that r descents leave unsolved, if they are independent."""
    return float(((1 - measured.once) ** r).mean())


def off_independence(measured: Multimodal) -> tuple[float, str]:
    """Largest difference of restarts from it."""
    curve = measured.solvers.direct["restarts"]
    points = range(N_DESCENT.bit_length(), len(curve.flops))
    pairs = [
        (unsolved(curve, at), expected_unsolved(measured, 2**number))
        for number, at in enumerate(points)
    ]
    listed = ", ".join(f"{found:.3f} (expected {expected:.3f})" for found, expected in pairs)
    return max(abs(found - expected) for found, expected in pairs), listed


def on_ties(measured: Multimodal) -> tuple[float, str]:
    """Ratio of regrets of both networks where two minima are almost as good, and elsewhere."""
    close = measured.gap <= np.quantile(measured.gap, 0.25, method="lower")
    pair = [
        measured.solvers.networks[name].regret[:, 0, :, -1].mean(0)
        for name in ("solution", "objective")
    ]
    ties, others = (
        float(pair[0][each].mean() / pair[1][each].mean()) if each.any() else np.nan
        for each in (close, ~close)
    )
    return ties, f"elsewhere {others:.3g}"


def _listed(numbers: dict[str, float]) -> str:
    return ", ".join(f"{name}: {value:.3g}" for name, value in numbers.items())
