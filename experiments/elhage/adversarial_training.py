"""Training against attacks: how large they must be to remove superposition.

Source: Elhage et al. 2022, Toy Models of Superposition, "Relationship to Adversarial Robustness".
A model that keeps features apart pays for an attack of norm ε times that of an input on a feature
it keeps, but a feature is worth keeping as long as that costs less than the feature itself brings:
with equal features both are proportional to p, so the ratio of norms decides and not the density.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import xarray
from scipy.stats import spearmanr

from experiments.claims.ledger import Claim, Row, Verdict, claims_of, settle
from experiments.elhage.attacks import Attacked, attack_all
from experiments.elhage.geometry import cosines, represented
from experiments.findings import Figure, Findings
from experiments.report.figures import PALETTE, new_figure, save
from superpos.train import best_of

GONE = 1.1
"""Superposition is gone where there are no more features per dimension than this."""
LARGE = 0.8
"""Norm of the attacks that the paper found to remove it, as part of the norm of inputs."""


def analyse(*, datasets: Mapping[str, xarray.Dataset], folder: Path) -> Findings:
    """Judge the claims on models trained against attacks, and draw what is left of superposition.

    Args:
        datasets: {"sweep": a sweep over density, attack_norm and seed of ReLU models with equal
            importances}.
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
        attacked: models of one density.
        kept: what the models represent, for the notes.
    """
    claims = _claims(attacked)
    norms = np.unique(attacked.trained_against)
    features, relative, clean = (
        np.array([values[attacked.trained_against == norm].mean() for norm in norms])
        for values in (attacked.features, attacked.relative, attacked.clean)
    )
    pairs = zip(norms, features, strict=True)
    note = ", ".join(f"{norm:.2g}: {each:.3g}" for norm, each in pairs)
    varied = norms.size > 2 and np.ptp(attacked.features) > 0
    rank = spearmanr(attacked.trained_against, attacked.features) if varied else None
    large = np.flatnonzero(np.isclose(norms, LARGE))
    plain = norms[0] == 0 and large.size
    return [
        claims["reduces"].judge(None if rank is None else float(np.asarray(rank)[0]), note),
        claims["removes"].judge(
            least_norm(norms, features) if varied and norms[0] == 0 else None, kept
        ),
        claims["robust"].judge(relative[large[0]] / relative[0] if plain else None),
        claims["cost"].judge(clean[large[0]] / clean[0] if plain else None),
    ]


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
    """Features represented at each norm, and how far from orthogonal they are, as a note."""
    best = best_of(dataset, dataset["loss"].isel(step=-1)).isel(density=0)
    parts = []
    for norm, W in zip(best["attack_norm"].to_numpy(), best["W"].to_numpy(), strict=True):
        rows = W[represented(W)].astype(float)
        largest = np.abs(cosines(rows) - np.eye(len(rows))).max(initial=0.0)
        parts.append(f"{norm:.2g}: {len(rows)} ({largest:.2f})")
    return f"features of norm > 0.5 and largest |cosine| among them: {', '.join(parts)}"


def _claims(attacked: Attacked) -> dict[str, Claim]:
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
        setting=f"n={n}, m={m}, I=1, p={attacked.density[0]:.3g}, attacks on random features (sizes"
        " and density are not in the paper)",
    )


def _draw(path: Path, attacked: Attacked) -> None:
    figure, axes = new_figure(1, 3, width=10, height=3.4)
    for axis, values, label, colour in (
        (axes[0], attacked.features, "features per dimension ‖W‖²/m", PALETTE[0]),
        (axes[1], attacked.relative, "vulnerability, relative", PALETTE[3]),
        (axes[2], attacked.clean, "loss without attacks", PALETTE[7]),
    ):
        axis.plot(attacked.trained_against, values, "o", color=colour, markersize=4)
        axis.set(xlabel="norm of attacks in training", ylabel=label, ylim=(0, 1.05 * values.max()))
    axes[0].axhline(1.0, color="#BBBBBB", linewidth=0.8, zorder=0)
    save(figure, path)
