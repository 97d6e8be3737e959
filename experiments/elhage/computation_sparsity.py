"""From neurons of one feature to neurons of many, as the features that are computed get sparser.

Source: Elhage et al. 2022, Toy Models of Superposition, "Computation in Superposition":
h = ReLU(W1 x), y' = ReLU(W2 h + b), to be |x| of a hundred features with forty neurons. Which
neuron serves which features hangs on the last bits of a run, how many serve one does not: members
are not trained twice to mark that, and the notes give the shares of all instances.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import xarray

from experiments.elhage.neurons import active, draw_neurons, monosemantic
from superpos.app.claims.ledger import Claim, Row, Verdict, claims_of, settle
from superpos.app.findings import Figure, Findings
from superpos.app.plots.figures import fragile_marks, new_figure, save
from superpos.train import best_of

DENSE, MIXED, SPARSE = 1.0, 0.01, 0.001
"""Densities that the claims are about."""
STEPS = "the number of updates was raised from 2,000 to 8,000 after an exploratory run"
"""A setting that was fixed after a run was seen."""


def analyse(*, datasets: Mapping[str, xarray.Dataset], folder: Path) -> Findings:
    """Judge the claims on the best model at each density, and draw what feeds its neurons.

    Args:
        datasets: {"sweep": a sweep over density and seed with n = 100, m = 40}.
        folder: where the figure goes.

    Returns:
        Verdicts and one figure with a panel per density.
    """
    dataset = datasets["sweep"]
    best = best_of(dataset, dataset["loss"].isel(step=-1)).sortby("density", ascending=False)
    W, p = best["W_in"].to_numpy().astype(np.float64), best["density"].to_numpy()
    _draw(folder / "neurons.png", W, p, fragile_marks(best, "density"))
    alt = "Weights that feed each of the neurons, a stack per neuron and a panel per density."
    caption = (
        "What feeds the neurons at each density p, the best of the instances. A column is a neuron,"
        " stacked from its weights (negative ones below the line), with a colour per feature, the"
        " most important darkest. A black frame marks a neuron that one feature feeds."
    )
    every = dataset.sortby("density", ascending=False)["W_in"].transpose("density", "seed", ...)
    verdicts = judge(W, p, every.to_numpy().astype(np.float64))
    return Findings(settle(verdicts, best.get("fragile")), [Figure("neurons.png", alt, caption)])


def judge(W: np.ndarray, p: np.ndarray, every: np.ndarray) -> list[Verdict]:
    """Verdicts on W_in (n_densities, n, m) at densities p, from dense to sparse.

    Args:
        W: of the best instance at each density.
        p: densities.
        every: of all instances, (n_densities, instances, n, m).
    """
    claims = _claims(every.shape[1])
    shares, all_shares = share_of_one(W), share_of_one(every)
    dense, mixed, sparse = (_at(shares, p, at) for at in (DENSE, MIXED, SPARSE))
    return [
        claims["dense"].judge(dense, STEPS),
        claims["mixture"].judge(None if mixed is None else min(mixed, 1 - mixed), STEPS),
        claims["sparse"].judge(sparse, STEPS),
        claims["falling"].judge(
            np.diff(shares).max() if len(shares) > 1 else None,
            "; ".join(
                f"p={at:.3g}: " + ", ".join(f"{share:.3g}" for share in found)
                for at, found in zip(p, all_shares, strict=True)
            )
            + f"; {STEPS}",
        ),
    ]


def share_of_one(W: np.ndarray) -> np.ndarray:
    """The part of the neurons in use that one feature feeds, of W_in (..., n, m); nan for none."""
    in_use = active(W).sum(-1)
    return np.where(in_use > 0, monosemantic(W).sum(-1) / np.maximum(in_use, 1), np.nan)


def _claims(n_restarts: int) -> dict[str, Claim]:
    rows: tuple[Row, ...] = (
        ("dense", "p = 1: share of neurons that are monosemantic", ">=", 1, 0.1),
        ("mixture", "p = 0.01: monosemantic and polysemantic neurons side by side; share of the"
         " rarer kind", ">=", 0.1, 0),
        ("sparse", "p = 0.001: share of neurons that are monosemantic", "<=", 0, 0.1),
        ("falling", "the share of monosemantic neurons never rises as density falls; largest rise",
         "<=", 0, 0.05),
    )  # fmt: skip
    return claims_of(
        "elhage/computation_sparsity",
        rows,
        paper="Elhage et al. 2022, Toy Models of Superposition",
        section="Computation in Superposition",
        setting=f"n=100, m=40, I=0.8^i, p from 1 to 0.001, best of {n_restarts} instances",
    )


def _at(shares: np.ndarray, p: np.ndarray, density: float) -> float | None:
    """The share at one density; None where that is not there."""
    [found] = np.nonzero(np.isclose(p, density))
    return float(shares[found[0]]) if found.size else None


def _draw(path: Path, W: np.ndarray, p: np.ndarray, marks: list[str]) -> None:
    figure, axes = new_figure(len(p), 1, width=9, height=2.1 * len(p), squeeze=False)
    for axis, weights, density, mark in zip(axes[:, 0], W, p, marks, strict=True):
        draw_neurons(axis, weights, monosemantic(weights))
        axis.set_title(f"p = {density:.3g}{mark}")
    save(figure, path)
