"""What is claimed of neurons that are polysemantic by chance."""

from collections.abc import Sequence

import numpy as np

from experiments.lecomte.collisions.measure import Weights, expected, polysemantic
from superpos.app.claims.ledger import Claim, Origin, Verdict, claims_of

TRIED = (
    "tried: AdamW at learning rates 1e-3 and 3e-4, where the share is 0 over 2 instances; plain"
    " gradient descent, learning rate 0.05 and 40,000 steps, where it is 0.59 over 3 instances with"
    " a median rank of 1"
)
"""On the claim that does not reproduce."""
PAPER = "Lecomte et al. 2023, Incidental Polysemanticity"


def claims(trained: Sequence[np.ndarray]) -> dict[str, Claim]:
    """The claims, for W (instances, n, m) of each m."""
    setting = _setting(trained)
    return claims_of(
        "lecomte/collisions",
        (
            ("line", "the mean number of polysemantic neurons is n²/(4m) up to a factor of 2;"
             " largest |log2 ratio|", "<=", 0, 1),
            ("slope", "it falls like 1/m: slope in a log-log plot", "=", -1, 0.15),
        ),
        paper=PAPER,
        section="how many polysemantic neurons there are",
        setting=setting,
        origin=Origin("paper", "before"),
    ) | claims_of(
        "lecomte/collisions",
        (
            ("same_neuron", "the neuron of a feature is the one with its largest weight at the"
             " start; share of features, at the largest m", ">=", 1, 0.1),
        ),
        paper=PAPER,
        section="which neuron wins",
        setting=setting,
        origin=Origin("paper", "before", TRIED),
    )  # fmt: skip


def judge(measured: Weights) -> list[Verdict]:
    """Verdicts on the weights; what needs several sizes, or the start, is not run without."""
    trained, start = measured
    of = claims(trained)
    m = np.array([W.shape[-1] for W in trained])
    means = np.array([polysemantic(W).mean() for W in trained])
    note = ", ".join(f"m={a}: {b:.3g}" for a, b in zip(m, means, strict=True))
    line = slope = share = None
    ranks = ""
    if len(m) > 1 and (means > 0).all():
        line = np.abs(np.log2(means / expected(trained))).max()
        slope = np.polyfit(np.log(m), np.log(means), 1)[0]
    if start is not None and trained and start.shape == trained[-1].shape:
        share, ranks = _same_neuron(start, trained[-1])
    return [
        of["line"].judge(line, note),
        of["slope"].judge(slope),
        of["same_neuron"].judge(share, ranks),
    ]


def _setting(trained: Sequence[np.ndarray]) -> str:
    how = "L1 penalty 1e-3 on W, AdamW"
    if not trained:
        return how
    n_instances, n, least = trained[0].shape
    return (
        f"n={n}, m from {least} to {trained[-1].shape[-1]}, {n_instances} instances, {how} (the"
        " paper: n=256, m from 256 to 4096, 16 instances)"
    )


def _same_neuron(start: np.ndarray, end: np.ndarray) -> tuple[float, str]:
    """Share of features whose largest weight in size stayed where it was, and a note."""
    won = np.abs(end).argmax(-1)[..., None]
    rank = (np.abs(start) > np.take_along_axis(np.abs(start), won, -1)).sum(-1)
    # The paper shows the diagonal of W0 W_endᵀ: whose weights at the start a feature ends along.
    overlap = np.einsum("sjh,sih->sji", start, end)
    own = (overlap.argmax(1) == np.arange(overlap.shape[1])).mean()
    note = (
        f"median rank of its neuron at the start, of {end.shape[-1]}: {1 + np.median(rank):g}; the"
        f" diagonal of W0 W_endᵀ is the largest of its column for a share of {own:.2f}"
    )
    return float((rank == 0).mean()), note
