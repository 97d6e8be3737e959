"""How many neurons stand for one feature, and how features share the others."""

import numpy as np

from experiments.elhage.geometry import cosines, represented
from experiments.elhage.neurons import monosemantic
from experiments.elhage.privileged.measure import Models
from superpos.app.claims.ledger import Claim, Origin, Row, Verdict, claims_of, settle

MONOSEMANTIC = {0.7: 5, 0.35: 3, 0.15: 2, 0.12: 1, 0.065: 0, 0.04: 0}
"""Density -> monosemantic neurons of five, as the paper's configurations have it."""
REPRESENTED = {0.7: 5, 0.35: 6, 0.15: 7, 0.12: 7, 0.065: 8, 0.04: 10}
"""Density -> features of ten that these configurations represent."""
DENSE, CODED = 0.7, 0.35
TRIED = (
    "at p=0.04 ten features are not optimal: in an independent comparison on common examples the"
    " loss is 4.41e-3 with nine features, 4.53e-3 with eight and 4.67e-3 with ten"
)
"""On the number of features at the sparse end, where the paper has ten."""
SEEN = "the counts of an exploratory run had been seen before this claim was written"
ROWS: tuple[Row, ...] = (
    *(
        (f"monosemantic_{p:g}", f"p = {p:g}: neurons of five that stand for one feature", "=", n, 1)
        for p, n in MONOSEMANTIC.items()
    ),
    ("represented", "features represented are 5, 6, 7, 7, 8 and 10 from dense to sparse;"
     " largest deviation", "<=", 0, 1),
    ("one_each", "p = 0.7: each of the five most important features has a neuron for itself;"
     " features wrong", "=", 0, 0),
    ("binary_code", "p = 0.35: three features share two neurons, two of them antipodal and the"
     " third orthogonal to both; largest deviation of a cosine", "<=", 0, 0.15),
)  # fmt: skip
"""The claims with any number of restarts."""


def claims_with(n_restarts: int) -> dict[str, Claim]:
    """The claims on the best of so many restarts."""
    return claims_of(
        "elhage/privileged",
        ROWS,
        paper="Elhage et al. 2022, Toy Models of Superposition",
        section="Superposition in a Privileged Basis",
        setting=f"n=10, m=5, I=0.75^i, best of {n_restarts} restarts (the paper: 1,000)",
        origin=Origin("paper_number", "after", SEEN),
        but={
            "represented": Origin("paper_number", "after", f"{SEEN}; {TRIED}"),
            "one_each": Origin("paper", "before"),
            "binary_code": Origin("paper", "before"),
        },
    )


def judge(measured: Models) -> list[Verdict]:
    """Verdicts; what needs densities that are not there is not run."""
    claims, W = claims_with(measured.n_restarts), _by_density(measured)
    verdicts = []
    for p in MONOSEMANTIC:
        count = monosemantic(W[p]).sum() if p in W else None
        verdicts.append(claims[f"monosemantic_{p:g}"].judge(count))
    counts = {p: int(represented(w).sum()) for p, w in W.items()}
    deviation = max((abs(n - REPRESENTED[p]) for p, n in counts.items()), default=None)
    verdicts += [
        claims["represented"].judge(deviation, f"counts {counts}"),
        claims["one_each"].judge(_wrong_features(W[DENSE]) if DENSE in W else None),
        claims["binary_code"].judge(_code_deviation(W[CODED]) if CODED in W else None),
    ]
    return settle(verdicts, measured.fragile)


def _by_density(models: Models) -> dict[float, np.ndarray]:
    """The paper's densities that are there -> W (n_features, n_hidden)."""
    return {
        p: W
        for p in MONOSEMANTIC
        for density, W in zip(models.density, models.W, strict=True)
        if np.isclose(density, p)
    }


def _wrong_features(W: np.ndarray) -> int:
    """Features of W (n, m) that are not as they would be with the top m in a neuron each."""
    m = W.shape[1]
    alone = monosemantic(W)
    own = np.flatnonzero(alone)
    held = set(np.abs(W[:, own]).argmax(0)) if own.size else set()
    return len(held ^ set(range(m)))


def _code_deviation(W: np.ndarray) -> float:
    """How far the features in the polysemantic neurons are from (+, -), (-, +), (+, +).

    Returns:
        The largest deviation of a cosine from -1, 0 and 0; 2 unless three features share two
        neurons.
    """
    shared = W[:, ~monosemantic(W)]
    kept = shared[represented(shared)]
    if kept.shape != (3, 2):
        return 2.0
    cos = cosines(kept)
    pairs = ((0, 1, 2), (0, 2, 1), (1, 2, 0))
    return min(max(abs(cos[i, j] + 1), abs(cos[i, k]), abs(cos[j, k])) for i, j, k in pairs)
