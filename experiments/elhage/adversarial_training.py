"""Training against attacks: how large they must be to remove superposition.

Source: Elhage et al. 2022, Toy Models of Superposition, "Relationship to Adversarial Robustness".
A feature that is kept apart from all others costs about ε² of an attack of norm ε that hits it, so
large attacks make it pay to keep fewer features, and those with smaller weights.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import scipy
import xarray

from experiments.elhage.attacks import Attacked, attack_all
from experiments.elhage.geometry import cosines, represented
from superpos.app.claims.ledger import Claim, Row, Verdict, claims_of, settle
from superpos.app.findings import Figure, Findings
from superpos.app.plots.figures import PALETTE, new_figure, save
from superpos.train import best_of

GONE = 1.1
"""Superposition is gone where there are no more features per dimension than this."""
DENSITY = 0.05
"""The sparse end of the sweep of the experiment on attacks, which the claims are on."""
LARGE = 0.8
"""Norm of the attacks that the paper found to remove it, as part of the norm of inputs."""

SHRINKS = (
    "tried: the paper's size, 0.457; weights shrink besides, so that ‖W‖²/m falls before features"
    " part"
)
"""What is known of the claim that does not reproduce."""


def analyse(*, datasets: Mapping[str, xarray.Dataset], folder: Path) -> Findings:
    """Judge the claims on models trained against attacks, and draw what is left of superposition.

    Args:
        datasets: {"sweep": a sweep over density and attack_norm, and perhaps seed, of ReLU models
            with equal importances}.
        folder: where the figure goes.

    Returns:
        Verdicts and one figure: features per dimension, vulnerability and loss against the norm of
        the attacks in training.
    """
    dataset = datasets["sweep"]
    attacked = attack_all(dataset)
    _draw(folder / "training.png", attacked)
    alt = "Features per dimension, vulnerability and loss against the norm of attacks in training."
    caption = (
        "Models trained against attacks on random features, by their norm as part of the mean norm"
        " of inputs. Left: features per dimension; the line is no superposition. Middle: what the"
        " best attack of norm 0.1 does, over what it does to a model without superposition. Right:"
        " the loss without attacks."
    )
    verdicts = settle(judge(attacked, kept_of(dataset)), dataset.get("fragile"))
    return Findings(verdicts, [Figure("training.png", alt, caption)])


def judge(attacked: Attacked, kept: str = "") -> list[Verdict]:
    """Verdicts on the claims; those that need norms of attacks that are not there are not run.

    Args:
        attacked: models of some densities; the claims are on the one nearest to DENSITY.
        kept: what the models represent, for the notes.
    """
    curves = {p: curve(attacked, p) for p in np.unique(attacked.density)[::-1]}
    density = min(curves, key=lambda p: abs(p - DENSITY))
    claims, (norms, features, relative, clean) = _claims(attacked, density), curves[density]
    here = np.isclose(attacked.density, density)
    varied = norms.size > 2 and np.ptp(features) > 0
    pair = attacked.trained_against[here], attacked.features[here]
    rank = scipy.stats.spearmanr(*pair) if varied else None
    large = np.flatnonzero(np.isclose(norms, LARGE))
    pairs = zip(norms, features, strict=True)
    removed = ", ".join(
        f"p={p:.3g}: {least_norm(*each[:2]):.3g}" for p, each in curves.items() if p != density
    )
    reaches, plain = norms[0] == 0 and norms[-1] >= LARGE, norms[0] == 0 and large.size
    return [
        claims["reduces"].judge(
            None if rank is None else float(np.asarray(rank)[0]),
            ", ".join(f"{norm:.2g}: {each:.3g}" for norm, each in pairs),
        ),
        claims["removes"].judge(
            least_norm(norms, features) if reaches else None,
            "; ".join(filter(None, (kept, removed, SHRINKS))),
        ),
        claims["robust"].judge(relative[large[0]] / relative[0] if plain else None),
        claims["cost"].judge(clean[large[0]] / clean[0] if plain else None),
    ]


def curve(attacked: Attacked, density: float) -> tuple[np.ndarray, ...]:
    """Norms of attacks at a density, and means of features per dimension, vulnerability, loss."""
    here = np.isclose(attacked.density, density)
    norms = attacked.trained_against[here]
    distinct = np.unique(norms)
    return distinct, *(
        np.array([values[here][norms == norm].mean() for norm in distinct])
        for values in (attacked.features, attacked.relative, attacked.clean)
    )


def least_norm(norms: np.ndarray, features: np.ndarray) -> float:
    """Least norm from which on features per dimension, linear between norms, stay within GONE.

    Args:
        norms: of attacks, ascending, (k,).
        features: features per dimension, (k,).

    Returns:
        The norm; inf where superposition is left at the largest.
    """
    above = np.flatnonzero(features > GONE)
    if not above.size:
        return float(norms[0])
    last = above[-1]
    if last == len(norms) - 1:
        return np.inf
    share = (features[last] - GONE) / (features[last] - features[last + 1])
    return float(norms[last] + share * (norms[last + 1] - norms[last]))


def kept_of(dataset: xarray.Dataset) -> str:
    """Features represented at each norm near DENSITY, and how far from orthogonal they are."""
    best = (
        dataset if "seed" not in dataset.dims else best_of(dataset, dataset["loss"].isel(step=-1))
    )
    best = best.sel(density=DENSITY, method="nearest")
    parts = []
    for norm, W in zip(best["attack_norm"].to_numpy(), best["W"].to_numpy(), strict=True):
        rows = W[represented(W)].astype(float)
        largest = np.abs(cosines(rows) - np.eye(len(rows))).max(initial=0.0)
        parts.append(f"{norm:.2g}: {len(rows)} ({largest:.2f})")
    return f"features of norm > 0.5 and largest |cosine| among them: {', '.join(parts)}"


def _claims(attacked: Attacked, density: float) -> dict[str, Claim]:
    rows: tuple[Row, ...] = (
        ("reduces", "training against attacks reduces superposition, the more the larger they are;"
         " Spearman's correlation of their norm and ‖W‖²/m over models", "<=", -0.9, 0),
        ("removes", "only attacks of about 80 % of the norm of inputs remove it; least norm with"
         " ‖W‖²/m within 1.1", "=", LARGE, 0.2),
        ("robust", "a model trained against attacks of 80 % is less vulnerable to small attacks;"
         " ratio to one trained without attacks", "<=", 1, 0),
        ("cost", "it performs worse without attacks; ratio of losses", ">=", 1, 0),
    )  # fmt: skip
    n, m = attacked.sizes
    return claims_of(
        "elhage/adversarial_training",
        rows,
        paper="Elhage et al. 2022, Toy Models of Superposition",
        section="Relationship to Adversarial Robustness",
        setting=f"n={n}, m={m}, I=1, p={density:.3g}, attacks on random features (sizes"
        " and density are not in the paper)",
    )


def _draw(path: Path, attacked: Attacked) -> None:
    figure, axes = new_figure(1, 3, width=10, height=3.4)
    for place, density in enumerate(np.unique(attacked.density)[::-1]):
        norms, *series = curve(attacked, density)
        for axis, values in zip(axes, series, strict=True):
            axis.plot(norms, values, "o-", color=PALETTE[place], label=f"p = {density:.3g}")
    for axis, label in zip(
        axes,
        ("features per dimension ‖W‖²/m", "vulnerability, relative", "loss without attacks"),
        strict=True,
    ):
        axis.set(xlabel="norm of attacks in training", ylabel=label)
        axis.set_ylim(bottom=0)
    axes[0].axhline(1.0, color="#BBBBBB", linewidth=0.8, zorder=0)
    axes[0].legend(frameon=False, fontsize=8)
    save(figure, path)
