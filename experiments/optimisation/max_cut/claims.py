"""What is claimed of solvers of cuts."""

import numpy as np

from experiments.optimisation.claimed import UNTRAINED, family_claims, judge_family
from experiments.optimisation.curves import Curve, Solvers, elasticity
from superpos.app.claims.ledger import Origin, Row, Verdict

POWER: Row = (
    "random_power", "random search of E candidates has as many bits of optimisation as the best of"
    " E + 1 uniform draws from the 2,048 cuts and their mirror images; largest difference in bits",
    "<=", 0, 0.3,
)  # fmt: skip
BEAM: Row = (
    "beam", "beam search is direct: inference elasticity of regret in the width of the beam", ">=",
    0.5, 0,
)  # fmt: skip
LEARNED: Row = (
    "network_power", "a network has optimisation power without trying any candidate: mean bits, the"
    " smaller of two ways of training", ">=", 3, 0,
)  # fmt: skip
CONTINUOUS = (
    "before the first run the theory was of infinitely many answers, up to a tenth of all 4,096: it"
    " was off by 0.34"
)
KEPT = (
    "the best cut that was met is kept by the problem's own value, outside of the program, so that"
    " moves at random are better than no knowledge, too: this control cannot be met for cuts"
)
CLAIMS = family_claims(
    "optimisation/max_cut",
    "graphs of 12 vertices, each edge there with probability 1/2, weights uniform on [0, 1]; 128"
    " graphs of each distribution; networks of one hidden layer with up to 64 units",
    "local search",
    identities=[POWER, BEAM],
    learned=False,
    more=[LEARNED],
    but={
        "random_power": Origin("theory", "after", CONTINUOUS, identity=True),
        "beam": Origin("ours", "before", UNTRAINED, identity=True),
        "program_shuffled": Origin("control", "before", KEPT, identity=True),
    },
)


def judge(measured: Solvers) -> list[Verdict]:
    """Verdicts."""
    learned = {name: power(curve)[-1] for name, curve in measured.networks.items()}
    beam = measured.direct["beam"]
    listed = ", ".join(f"{name}: {bits:.2f}" for name, bits in learned.items())
    return [
        *judge_family(CLAIMS, measured),
        CLAIMS["random_power"].judge(off_theory(measured.direct["random"])),
        CLAIMS["beam"].judge(elasticity(beam.steps_flops, beam.mean())),
        CLAIMS["network_power"].judge(min(learned.values()), listed),
    ]


def power(curve: Curve) -> np.ndarray:
    """Mean optimisation power in bits for problems as trained on, (n_points,)."""
    assert curve.power is not None
    return curve.power[:, 0].mean((0, 1))


def random_power(evaluations: np.ndarray, n_answers: int = 2**11) -> np.ndarray:
    """Expected bits of the best of E + 1 uniform draws from so many answers, without ties.

    The least rank of the draws is at least r with probability (1 - (r - 1) / n_answers)^(E + 1).
    """
    ranks = np.arange(1, n_answers + 1)
    least = (1 - (ranks - 1) / n_answers) ** (np.asarray(evaluations)[..., None] + 1)
    chance = least - np.append(least[..., 1:], np.zeros_like(least[..., :1]), axis=-1)
    return -(chance * np.log2(ranks / n_answers)).sum(-1)


def off_theory(curve: Curve) -> float:
    """Largest difference of random search from theory."""
    return float(np.abs(power(curve) - random_power(curve.evaluations)).max())
