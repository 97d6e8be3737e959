"""What is claimed of compressed computation."""

import numpy as np

from experiments.computation.compressed.measure import (
    Compressed,
    Networks,
    cosine_to_inverse,
    served,
    share_at_top,
    swapped,
    variation,
)
from experiments.statistics import mean
from superpos.app.claims.ledger import Claim, Origin, Row, Verdict, claims_of

SQUARED, FOURTH = 2.0, 4.0
"""Exponents that the claims are about."""
ROWS: tuple[Row, ...] = (
    ("clean", "without a mixture the trained network is no better than one that computes half of"
     " the ReLUs, whose loss is p/12 a feature; part of that loss it saves", "=", 0, 0.05),
    ("rising", "the part that is saved grows with the mixture; least step", ">=", 0, 0.01),
    ("mixed", "with the largest mixture it is better than the naive network; part saved",
     ">=", 0.05, 0),
    ("embedding", "with the mixture of a residual stream of 10 n dimensions it is better than the"
     " naive network; part saved", ">=", 0.02, 0),
    ("top", "largest mixture: what feeds the neurons lies in the span of as many top eigenvectors"
     " of M as there are neurons; share of its squared norm, by chance m/n = 1/2", ">=", 0.75, 0),
    ("squared_half", "q = 2: half of the ReLUs are served; share", "=", 0.5, 0.1),
    ("fourth_all", "q = 4: all of them are; share", ">=", 1, 0.05),
    ("fourth_even", "q = 4: they are served alike; coefficient of variation of the response to 1",
     "<=", 0, 0.2),
    ("fourth_swap", "q = 4: two features that exchange what they feed the neurons exchange their"
     " outputs; share of pairs", ">=", 1, 0.02),
    ("fourth_inverse", "q = 4: W_out is the pseudo-inverse of W_in, times a number; Frobenius"
     " cosine", "=", 0.996, 0.03),
)  # fmt: skip
OURS = Origin("paper", "before", "the threshold is ours")
SEQUEL = "how the source swaps is not known here; this is one reading of it"


def claims(found: Networks) -> dict[str, Claim]:
    """The claims, of networks of one size."""
    n, m = found.W_in.shape[1:]
    return claims_of(
        "computation/compressed",
        ROWS,
        paper="Braun et al. 2025, Bhagat et al. 2026 (arXiv 2606.14673), and a sequel with q = 4",
        section="compressed computation",
        setting=f"n={n} ReLUs, m={m} neurons, p={found.density[0]:g} (the papers: n=100, m=50, p"
        " from 0.001 to 1, q = 4 at p = 0.02), mean of the seeds",
        origin=Origin("paper", "before"),
        but={
            **dict.fromkeys(("mixed", "embedding", "top", "fourth_even"), OURS),
            "fourth_swap": Origin("paper_number", "before", SEQUEL),
            "fourth_inverse": Origin("paper_number", "before"),
        },
    )


def judge(measured: Compressed) -> list[Verdict]:
    """Verdicts; those on mixtures or exponents that are not there are not run."""
    of, mixing, embedding = claims(measured.power), measured.mixing, measured.embedding
    sizes, gains = gains_by_mixing(mixing)
    largest, clean = sizes[-1], gains[sizes == 0]
    listed = ", ".join(f"s={s:.3g}: {gain:.3g}" for s, gain in zip(sizes, gains, strict=True))
    there = largest > 0
    tops = [share_at_top(W, mixing.M) for W in mixing.W_in[mixing.mixing == largest]]
    return [
        of["clean"].judge(float(clean[0]) if clean.size else None),
        of["rising"].judge(float(np.diff(gains).min()) if len(gains) > 1 else None, listed),
        of["mixed"].judge(float(gains[-1]) if there else None),
        of["embedding"].judge(float(embedding.gain.mean())),
        of["top"].judge(float(np.mean(tops)) if there else None),
        *_judge_powers(of, measured.power),
    ]


def gains_by_mixing(found: Networks) -> tuple[np.ndarray, np.ndarray]:
    """Sizes of the mixture, rising, and the mean gain at each."""
    sizes = np.unique(found.mixing)
    return sizes, np.array([found.gain[found.mixing == size].mean() for size in sizes])


def _judge_powers(of: dict[str, Claim], found: Networks) -> list[Verdict]:
    squared, fourth = (np.isclose(found.exponent, q) for q in (SQUARED, FOURTH))
    shares = served(found.W_in, found.W_out).mean(-1)
    pairs = list(zip(found.W_in[fourth], found.W_out[fourth], strict=True))
    return [
        of["squared_half"].judge(mean(shares[squared])),
        of["fourth_all"].judge(mean(shares[fourth])),
        of["fourth_even"].judge(mean(variation(found.W_in, found.W_out)[fourth])),
        of["fourth_swap"].judge(mean([swapped(*each) for each in pairs])),
        of["fourth_inverse"].judge(mean([cosine_to_inverse(*each) for each in pairs])),
    ]
