"""What is claimed of solvers of quadratics."""

from experiments.optimisation.claimed import family_claims, judge_family
from experiments.optimisation.curves import Solvers
from superpos.app.claims.ledger import Row, Verdict

EXACT: Row = (
    "newton", "Newton's method is exact after one step in every distribution: the largest mean"
    " regret", "<=", 0, 1e-4,
)  # fmt: skip
CLAIMS = family_claims(
    "optimisation/quadratics",
    "quadratics of 8 unknowns, condition number 10 (100 in the second distribution), 256 problems"
    " of each distribution; networks of one hidden layer with up to 64 units",
    "gradient descent",
    identities=[EXACT],
)


def judge(measured: Solvers) -> list[Verdict]:
    """Verdicts."""
    newton = measured.direct["newton"]
    worst = max(newton.mean(shift)[1:].max() for shift in range(len(measured.shifts)))
    return [*judge_family(CLAIMS, measured), CLAIMS["newton"].judge(worst)]
