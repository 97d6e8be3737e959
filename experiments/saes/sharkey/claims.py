"""What is claimed of the band of penalties at which features are recovered."""

import numpy as np
import scipy

from experiments.saes.peers import beside_peers
from experiments.saes.sharkey.measure import Grid
from superpos.app.claims.ledger import Origin, Verdict, claims_of

NEAR = 0.05
"""Penalties belong to the band of a size whose MMCS is that near to the largest of this size."""

CLAIMS = beside_peers(claims_of(
    "saes/sharkey",
    (
        ("band", "each dictionary with at least as many latents as there are features recovers them"
         " at some penalty; least over sizes of the largest MMCS", ">=", 0.9, 0),
        ("diagonal", "that band is a diagonal of the grid, as the penalty is divided by the size of"
         " the dictionary; slope of log l1 at its middle over log size", ">=", 0.5, 0),
        ("too_small", "at the least penalty MMCS is low; least gap to the best of the same size",
         ">=", 0.1, 0),
        ("too_large", "at the largest penalty too; least gap", ">=", 0.1, 0),
        ("dead", "the number of dead latents jumps along the band; mean distance of the steepest"
         " rise from the middle of the band, in decades", "<=", 0.5, 0),
        ("sticky", "along the band the reconstruction error sticks: log error over log l1 is less"
         " steep there than beyond; mean over sizes of its slope in the band as a part of the"
         " steepest above", "<=", 0.8, 0),
        ("proxy", "MMCS with larger dictionaries, for which no feature must be known, follows the"
         " true one; Spearman's rank correlation", ">=", 0.8, 0),
    ),
    paper="Sharkey, Braun & Millidge 2022, Taking features out of superposition",
    section="Results on toy data",
    setting="32 features in 16 dimensions and 1.25 on (512 in 256 and 5), sizes 1/4 to 4 (to 32)"
    " times the features, d · l1 / size in 0.001 to 10, batches of 128 (4,096), 1,000 updates of"
    " 3e-3, a bias in the decoder; claims on sizes of 1 and more",
    origin=Origin("paper", "before"),
) | claims_of(
    "saes/sharkey",
    (
        ("above_chance", "the band is no matter of many latents: least excess over sizes of the"
         " largest MMCS over that of random directions", ">=", 0.15, 0),
        ("chosen", "a penalty that is chosen by the larger dictionaries recovers nearly as much as"
         " the best; largest loss of MMCS over sizes", "<=", 0.05, 0),
    ),
    paper="our own",
    section="-",
    setting="the same",
    origin=Origin("ours", "before"),
))  # fmt: skip


def judge(measured: Grid) -> list[Verdict]:
    """Verdicts on the dictionaries with as many latents as there are features, or more.

    Where features are not recovered there is no band, and what is claimed of it has failed.
    """
    large = measured.ratio >= 1
    mmcs, log_penalty = measured.mmcs[large], np.log10(measured.coefficient)
    ratio, best = measured.ratio[large], mmcs.max(1)
    band = (mmcs >= best[:, None] - NEAR) & (best[:, None] >= 0.9)
    middle = np.array([log_penalty[each].mean() if each.any() else np.nan for each in band])
    known = ~np.isnan(measured.proxy[large]).any(1)
    proxy = measured.proxy[large][known]
    enough = len(log_penalty) > 2 and known.sum() > 0
    chosen = [row[np.argmax(by)] for row, by in zip(mmcs[known], proxy, strict=True)]
    listed = ", ".join(f"{r:.3g}: {m:.3f}" for r, m in zip(ratio, best, strict=True))
    return [
        CLAIMS["band"].judge(best.min(), f"by size {listed}"),
        CLAIMS["diagonal"].judge(
            np.polyfit(np.log10(ratio), middle + np.log10(ratio), 1)[0] if len(ratio) > 1 else None
        ),
        CLAIMS["too_small"].judge((best - mmcs[:, 0]).min()),
        CLAIMS["too_large"].judge((best - mmcs[:, -1]).min()),
        CLAIMS["dead"].judge(
            np.abs(steepest(measured.dead[large], log_penalty) - middle).mean() if enough else None
        ),
        CLAIMS["sticky"].judge(
            stickiness(measured.mse[large], log_penalty, band) if enough else None
        ),
        CLAIMS["proxy"].judge(
            scipy.stats.spearmanr(proxy.ravel(), mmcs[known].ravel()).statistic if enough else None
        ),
        CLAIMS["above_chance"].judge((best - measured.chance[large]).min()),
        CLAIMS["chosen"].judge(
            (best[known] - chosen).max() if enough and best.min() >= 0.9 else np.nan
        ),
    ]


def steepest(values: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Where each curve rises most from one x to the next, between both: (rows, n) -> (rows,)."""
    return (x[:-1] + x[1:])[np.argmax(np.diff(values, axis=1), axis=1)] / 2


def stickiness(error: np.ndarray, x: np.ndarray, band: np.ndarray) -> float:
    """The mean slope of log error in a band as part of the steepest above it, mean over rows.

    Args:
        error: (rows, n).
        x: (n,).
        band: which points are in it, (rows, n).

    Returns:
        The mean over rows; nan where a row has no band or nothing above it.
    """
    parts = []
    for row, inside in zip(np.log10(error), band, strict=True):
        slopes = np.diff(row) / np.diff(x)
        within, last = inside[:-1] & inside[1:], np.flatnonzero(inside)
        above = slopes[last[-1] :] if last.size else slopes[:0]
        parts.append(slopes[within].mean() / above.max() if within.any() and above.size else np.nan)
    return float(np.mean(parts))
