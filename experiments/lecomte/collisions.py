"""Neurons that come to stand for several features by chance, though there are enough for all.

Source: Lecomte et al. 2023, Incidental Polysemanticity (arXiv 2312.03096), "Incidental
polysemanticity": features settle in a neuron each, by a penalty on the weights; two of n features
meet in one of m neurons, with the same sign, in about n²/(4m) cases.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import xarray

from superpos.app.claims.ledger import Claim, Verdict, in_setting
from superpos.app.findings import Figure, Findings
from superpos.app.plots.figures import PALETTE, new_figure, save
from superpos.train import store

BOUNDS = 0.8, 1.2
"""A neuron stands for a feature when the size of its weight is between these."""
START, TRAINED = "start", "trained"
"""The variants: where the widest models begin, and models of each number of neurons."""

TRIED = (
    "tried: AdamW at learning rates 1e-3 and 3e-4, where the share is 0 over 2 instances; plain"
    " gradient descent, learning rate 0.05 and 40,000 steps, where it is 0.59 over 3 instances with"
    " a median rank of 1"
)
"""On the claim that does not reproduce."""

_claim = partial(
    Claim,
    paper="Lecomte et al. 2023, Incidental Polysemanticity",
    section="how many polysemantic neurons there are",
    setting="L1 penalty 1e-3 on W, AdamW",
)
LINE = _claim(
    id="lecomte/collisions/line",
    statement="the mean number of polysemantic neurons is n²/(4m) up to a factor of 2; largest"
    " |log2 ratio|",
    relation="<=",
    claimed=0,
    tolerance=1,
)
SLOPE = _claim(
    id="lecomte/collisions/slope",
    statement="it falls like 1/m: slope in a log-log plot",
    relation="=",
    claimed=-1,
    tolerance=0.15,
)
SAME_NEURON = _claim(
    id="lecomte/collisions/same_neuron",
    section="which neuron wins",
    statement="the neuron of a feature is the one with its largest weight at the start; share of"
    " features, at the largest m",
    relation=">=",
    claimed=1,
    tolerance=0.1,
)


def analyse(*, datasets: Mapping[str, xarray.Dataset], folder: Path) -> Findings:
    """Judge the claims on collisions and draw them.

    Args:
        datasets: {"start": the widest models, not trained, over seed; "trained": over n_hidden
            and seed}.
        folder: where the figure goes.

    Returns:
        Verdicts and one figure.
    """
    start = weights(datasets[START])
    whole = datasets[TRAINED]
    each = [
        weights(whole.sel(n_hidden=m).isel(hidden=slice(m))) for m in whole["n_hidden"].to_numpy()
    ]
    trained = [W for W in each if len(W)]
    _draw(folder / "collisions.png", trained)
    alt = "Number of polysemantic neurons against the number of neurons, along n²/(4m)."
    caption = (
        "Polysemantic neurons of each model (dots, spread sideways) and their mean (bar) against"
        " the number of neurons m; dashed: n²/(4m)."
    )
    return Findings(judge(trained, start), [Figure("collisions.png", alt, caption)])


def judge(trained: list[np.ndarray], start: np.ndarray | None) -> list[Verdict]:
    """Verdicts on W (instances, n, m) for each m, and on where the last of them began."""
    m = np.array([W.shape[-1] for W in trained])
    means = np.array([polysemantic(W).mean() for W in trained])
    note = ", ".join(f"m={a}: {b:.3g}" for a, b in zip(m, means, strict=True))
    measurable = len(m) > 1 and bool((means > 0).all())
    ratios = np.log2(means / expected(trained)) if measurable else None
    share, ranks = None, ""
    if start is not None and trained and start.shape == trained[-1].shape:
        share, ranks = _same_neuron(start, trained[-1])
    verdicts = [
        LINE.judge(None if ratios is None else np.abs(ratios).max(), note),
        SLOPE.judge(np.polyfit(np.log(m), np.log(means), 1)[0] if measurable else None),
        SAME_NEURON.judge(share, ranks),
    ]
    return in_setting(verdicts, _setting(trained)) if trained else verdicts


def _setting(trained: list[np.ndarray]) -> str:
    n_instances, n, least = trained[0].shape
    return (
        f"n={n}, m from {least} to {trained[-1].shape[-1]}, {n_instances} instances,"
        f" {LINE.setting} (the paper: n=256, m from 256 to 4096, 16 instances)"
    )


def polysemantic(W: np.ndarray) -> np.ndarray:
    """Neurons that stand for two features or more: W (..., n, m) -> (...)."""
    low, high = BOUNDS
    stands = (np.abs(W) >= low) & (np.abs(W) <= high)
    return (stands.sum(-2) >= 2).sum(-1)


def expected(trained: list[np.ndarray]) -> np.ndarray:
    """n²/(4m) of each."""
    return np.array([W.shape[-2] ** 2 / (4 * W.shape[-1]) for W in trained])


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
    return float((rank == 0).mean()), f"{note}; {TRIED}"


def weights(dataset: xarray.Dataset) -> np.ndarray:
    """W of the finished instances of one size, (instances, n, m), float64."""
    finished = store.finished(dataset).to_numpy()
    return dataset["W"].transpose("seed", "feature", "hidden").to_numpy()[finished].astype(float)


def _draw(path: Path, trained: list[np.ndarray]) -> None:
    figure, drawn = new_figure(1, 1, width=6, height=4)
    axis: Any = drawn
    for W in trained:
        m, counts = W.shape[-1], polysemantic(W)
        across = m * np.exp(np.linspace(-0.08, 0.08, len(counts)))
        axis.plot(across, counts, "o", color=PALETTE[0], markersize=3, alpha=0.6)
        axis.plot([m * 0.85, m * 1.18], [counts.mean()] * 2, color=PALETTE[1], linewidth=2.5)
    m = np.array([W.shape[-1] for W in trained])
    axis.plot(m, expected(trained), "--", color="black", label="n²/(4m)")
    axis.set_xscale("log", base=2)
    axis.set_yscale("symlog", linthresh=1)
    axis.set_ylim(-0.3, 1.3 * max(W.shape[-2] ** 2 / (4 * W.shape[-1]) for W in trained))
    axis.set(xticks=m, xticklabels=m, xlabel="neurons m", ylabel="polysemantic neurons")
    axis.legend(frameon=False)
    save(figure, path)
