"""What is claimed of neurons that are polysemantic by chance."""

from collections.abc import Sequence

import numpy as np

from experiments.lecomte.collisions.measure import Ends, Weights, expected, polysemantic, stands
from superpos.app.claims.ledger import Claim, Origin, Verdict, claims_of

ASKED_FIRST = (
    "asked at first of AdamW, under which the start says little, as in the note, and of the largest"
    " weight at the start"
)
"""On a claim that was restated after runs were seen."""

PAPER = "Lecomte et al. 2023, Incidental Polysemanticity"


def claims(trained: Sequence[np.ndarray], descent: np.ndarray) -> dict[str, Claim]:
    """The claims, for W (instances, n, m) of each m, and of those by plain gradient descent."""
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
            ("same_neuron", "the start says which neuron wins: share of features that settle in a"
             " neuron and for which the diagonal of W0 W_endᵀ is the largest of its row", ">=", 1,
             0.1),
        ),
        paper=PAPER,
        section="which neuron wins",
        setting=f"{_sizes(descent)}, L1 penalty 1e-3 on W, plain gradient descent",
        origin=Origin("paper", "after", ASKED_FIRST),
    )  # fmt: skip


def judge(measured: Weights) -> list[Verdict]:
    """Verdicts on the weights; what needs several sizes, or the start, is not run without.

    Models of several sizes without any polysemantic neuron are not on the line.
    """
    trained, widest, descent = measured
    of = claims(trained, descent.end)
    m = np.array([W.shape[-1] for W in trained])
    means = np.array([polysemantic(W).mean() for W in trained])
    note = ", ".join(f"m={a}: {b:.3g}" for a, b in zip(m, means, strict=True))
    line = slope = np.nan if len(m) > 1 else None
    if len(m) > 1 and (means > 0).all():
        line = np.abs(np.log2(means / expected(trained))).max()
        slope = np.polyfit(np.log(m), np.log(means), 1)[0]
    return [
        of["line"].judge(line, note),
        of["slope"].judge(slope),
        of["same_neuron"].judge(
            _share_of_diagonal(descent) if descent.end.size else None,
            "; ".join(
                f"{name}: {_note(ends)}"
                for name, ends in {"gradient descent": descent, "AdamW": widest}.items()
                if ends.end.size
            ),
        ),
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


def _sizes(W: np.ndarray) -> str:
    n_instances, n, m = W.shape
    return f"n={n}, m={m}, {n_instances} instances"


def _share_of_diagonal(ends: Ends) -> float:
    """Share of features that settle in a neuron, and along their own start more than any other.

    A model that was not trained has the diagonal as well, but nothing settled.
    """
    overlap = np.einsum("sjh,sih->sji", ends.start, ends.end)
    own = overlap.argmax(-1) == np.arange(overlap.shape[-1])
    return float((own & stands(ends.end).any(-1)).mean())


def _note(ends: Ends) -> str:
    """What the diagonal and the largest weights at the start say of the end."""
    won = np.abs(ends.end).argmax(-1)[..., None]
    rank = (np.abs(ends.start) > np.take_along_axis(np.abs(ends.start), won, -1)).sum(-1)
    return (
        f"a share of {_share_of_diagonal(ends):.2f} settles and has the largest diagonal; the"
        " neuron that wins is the one with the largest weight at the start for"
        f" {(rank == 0).mean():.2f}, its median rank there is {1 + np.median(rank):g} of"
        f" {ends.end.shape[-1]}"
    )
