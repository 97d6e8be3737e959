"""What is claimed of solvers of quadratics."""

from experiments.optimisation.claimed import family_claims, judge_family
from experiments.optimisation.curves import Solvers
from superpos.app.claims.ledger import Row, Verdict

EXACT: list[Row] = [
    ("newton", "Newton's method is exact after one step in every distribution: the largest mean"
     " regret", "<=", 0, 1e-4),
    ("conjugate", "conjugate gradients are exact after as many steps as unknowns, 8, in every"
     " distribution: the largest mean regret", "<=", 0, 1e-4),
    ("momentum", "momentum with the best constants for the condition number is faster than gradient"
     " descent: ratio of mean regrets after 16 steps", "<=", 0.1, 0),
]  # fmt: skip
CLAIMS = family_claims(
    "optimisation/quadratics",
    "quadratics of 8 unknowns, condition number 10 (100 in the second distribution), 256 problems"
    " of each distribution; networks of one hidden layer with up to 64 units",
    "gradient descent",
    identities=EXACT,
)


def judge(measured: Solvers) -> list[Verdict]:
    """Verdicts."""
    shifts, direct = range(len(measured.shifts)), measured.direct
    newton = max(direct["newton"].mean(shift)[1:].max() for shift in shifts)
    conjugate = max(direct["conjugate"].mean(shift)[at_steps(8) :].max() for shift in shifts)
    faster = (direct["momentum"].mean() / direct["gradient"].mean())[at_steps(16)]
    return [
        *judge_family(CLAIMS, measured),
        CLAIMS["newton"].judge(newton),
        CLAIMS["conjugate"].judge(conjugate),
        CLAIMS["momentum"].judge(faster),
    ]


def at_steps(n: int) -> int:
    """Which of the budgets 0, 1, 2, 4, ... is a power of two."""
    return n.bit_length()
