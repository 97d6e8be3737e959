"""What the paper shows of neurons that compute absolute values."""

import numpy as np

from experiments.elhage.computation.measure import Computing
from experiments.elhage.neurons import monosemantic
from superpos.app.claims.ledger import Claim, Origin, Verdict, claims_of, settle

PAPER = "Elhage et al. 2022, Toy Models of Superposition"
SECTION = "Computation in Superposition"


def claims_on(n_restarts: int, n_instances: int) -> dict[str, Claim]:
    """The claims, on the best of so many models with two neurons a feature, and so many others."""
    return claims_of(
        "elhage/computation",
        (
            ("exact_loss", "the loss goes to 0", "<=", 0, 1e-5),
            ("exact_pairs", "each feature feeds one neuron with a positive weight and one with a"
             " negative one, and no other; features wrong", "=", 0, 0),
        ),
        paper=PAPER,
        section=SECTION,
        setting=f"n=3, m=6, p=1, best of {n_restarts} instances",
        origin=Origin("paper", "before"),
        but={"exact_loss": Origin("ours", "before")},
    ) | claims_of(
        "elhage/computation",
        (
            ("motif", "some instances have a neuron of asymmetric superposition and one that"
             " inhibits; instances", ">=", 1, 0),
        ),
        paper=PAPER,
        section=SECTION,
        setting=f"n=10, m=10, p=0.35, I=0.8^i, {n_instances} instances",
        origin=Origin("paper", "before"),
    )  # fmt: skip


def judge(measured: Computing) -> list[Verdict]:
    """Verdicts on the best of the one, and on how many of the other have a motif."""
    exact, instances = measured
    n_instances, count = len(instances.motifs), sum(bool(found) for found in instances.motifs)
    claims = claims_on(exact.n_restarts, n_instances)
    pairs = [
        claims["exact_loss"].judge(exact.loss),
        claims["exact_pairs"].judge(features_without_a_pair(exact.W_in)),
    ]
    motifs = [claims["motif"].judge(count, f"{count} of {n_instances} instances")]
    return [*settle(pairs, exact.fragile), *settle(motifs, instances.fragile)]


def features_without_a_pair(W: np.ndarray) -> int:
    """Features of W (n, m) that do not feed exactly one neuron positively and one negatively.

    A neuron that several features feed is none of either.
    """
    fed = np.where(monosemantic(W), np.sign(W) * (np.abs(W) == np.abs(W).max(0)), 0)
    positive, negative = (fed > 0).sum(-1), (fed < 0).sum(-1)
    return int(((positive != 1) | (negative != 1)).sum())
