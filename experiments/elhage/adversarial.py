"""Superposition and adversarial examples: how much an attack gains from sharing dimensions.

Source: Elhage et al. 2022, Toy Models of Superposition, "Relationship to Adversarial Robustness".
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import scipy
import xarray

from experiments.elhage.attacks import Attacked, attack_all
from superpos.app.claims.ledger import Claim, Row, Verdict, claims_of, settle
from superpos.app.findings import Figure, Findings
from superpos.app.plots.figures import PALETTE, new_figure, save


def analyse(*, datasets: Mapping[str, xarray.Dataset], folder: Path) -> Findings:
    """Attack the models of a sweep, judge the claims and draw them.

    Args:
        datasets: {"sweep": a sweep over density and seed of ReLU models with equal importances}.
        folder: where the figure goes.

    Returns:
        Verdicts and one figure: vulnerability and features per dimension.
    """
    dataset = datasets["sweep"]
    attacked = attack_all(dataset)
    _draw(folder / "adversarial.png", attacked)
    caption = (
        "Left: how much the best attack raises the loss, over what it does to a model that keeps m"
        " features without superposition, and features per dimension. Right: one against the other,"
        " with a random step of the same norm."
    )
    alt = "Relative vulnerability and features per dimension against density, and one another."
    verdicts = settle(judge(attacked), dataset.get("fragile"))
    return Findings(verdicts, [Figure("adversarial.png", alt, caption)])


def judge(attacked: Attacked) -> list[Verdict]:
    """Verdicts on the claims; those that need more than one density, or p = 1, are not run."""
    claims = _claims(*attacked.sizes)
    p = np.unique(attacked.density)[::-1]

    def mean(values: np.ndarray) -> np.ndarray:
        return np.array([values[attacked.density == each].mean() for each in p])

    relative, features = mean(attacked.relative), mean(attacked.features)
    pairs = zip(p, relative, features, strict=True)
    note = ", ".join(f"p={a:.3g}: {b:.3g} at {c:.3g}" for a, b, c in pairs)
    dense, several = np.isclose(p[0], 1.0), len(p) > 2
    varied = several and np.ptp(relative) > 0 and np.ptp(features) > 0
    ranks = scipy.stats.rankdata(attacked.relative), scipy.stats.rankdata(attacked.features)
    rank = np.corrcoef(*ranks)[0, 1] if varied else None
    return [
        claims["dense"].judge(relative[0] if dense else None),
        claims["rise"].judge(relative.max() / relative[0] if dense else None, note),
        claims["spearman"].judge(rank, f"{attacked.density.size} models"),
        claims["sparse_most"].judge(
            relative[-1] / relative.max() if dense and several else None,
            f"largest at p={p[relative.argmax()]:.3g}",
        ),
        claims["aimed"].judge(mean(attacked.gain / attacked.aimless).min() if several else None),
    ]


def _claims(n: int, m: int) -> dict[str, Claim]:
    rows: tuple[Row, ...] = (
        ("dense", "at p = 1 a model is as vulnerable as one without superposition; ratio", "=", 1,
         0.2),
        ("rise", "the vulnerability relative to a model without superposition rises more than"
         " threefold across the sweep; largest over that at p = 1", ">=", 3, 0),
        ("spearman", "it goes with features per dimension ‖W‖²/m; Spearman's correlation over"
         " models", ">=", 0.9, 0),
        ("sparse_most", "it is largest where features are sparsest; there over the largest", ">=",
         1, 0.1),
        ("aimed", "the attack does more than a random step of its norm, at every density; least"
         " ratio", ">=", 1, 0),
    )  # fmt: skip
    return claims_of(
        "elhage/adversarial",
        rows,
        paper="Elhage et al. 2022, Toy Models of Superposition",
        section="Relationship to Adversarial Robustness",
        setting=f"n={n}, m={m}, I=1, p from 1 to 0.05, attacks of 0.1 of the mean norm of inputs"
        " (the paper: the larger models of its geometry section)",
    )


def _draw(path: Path, attacked: Attacked) -> None:
    figure, axes = new_figure(1, 2, width=9, height=3.6)
    x = 1 / attacked.density
    for values, label, colour, marker in (
        (attacked.relative, "vulnerability, relative", PALETTE[3], "o"),
        (attacked.features, "features per dimension", PALETTE[0], "s"),
    ):
        axes[0].plot(x, values, marker, color=colour, markersize=4, label=label)
    axes[0].set(xscale="log", xlabel="1 / density", ylim=(0, None))
    axes[0].legend(frameon=False, fontsize=8)
    axes[1].plot(attacked.features, attacked.relative, "o", color=PALETTE[3], label="attack")
    aimless = attacked.aimless / attacked.reference
    axes[1].plot(attacked.features, aimless, "x", color=PALETTE[7], label="random step")
    axes[1].set(xlabel="features per dimension ‖W‖²/m", ylabel="raises the loss, relative")
    axes[1].legend(frameon=False, fontsize=8)
    save(figure, path)
