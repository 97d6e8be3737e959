"""Superposition and adversarial examples: how much an attack gains from sharing dimensions.

Source: Elhage et al. 2022, Toy Models of Superposition, "Relationship to Adversarial Robustness".
An L2 attack moves the input along the row (W Wᵀ)_i that raises output i most. Its norm is a tenth
of the mean norm of inputs. The models are read from the store; only a batch to attack is drawn.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray
from scipy.stats import rankdata

from experiments.claims.ledger import Claim, Row, Verdict, claims_of, settle
from experiments.findings import Figure, Findings
from experiments.report.figures import PALETTE, new_figure, save
from superpos import data, metrics, models
from superpos.train import NoMemberError
from superpos.types import Array, Key, Model

N_EXAMPLES = 1024
BUDGET = 0.1
"""Norm of the attack, as part of the mean norm of inputs."""


class Attacked(NamedTuple):
    """What an attack does to each finished model, from dense to sparse.

    Attributes:
        density: p, (k,).
        gain: how much the attack raises the loss, (k,).
        reference: the same for a model without superposition, on the same examples, (k,).
        aimless: how much a random step of the same norm raises the loss, (k,).
        features: features per dimension ‖W‖² / m, (k,).
        sizes: n and m.
    """

    density: np.ndarray
    gain: np.ndarray
    reference: np.ndarray
    aimless: np.ndarray
    features: np.ndarray
    sizes: tuple[int, int]

    @property
    def relative(self) -> np.ndarray:
        """Vulnerability relative to a model without superposition, (k,)."""
        return self.gain / self.reference


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
    ranks = rankdata(attacked.relative), rankdata(attacked.features)
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


def attack_all(dataset: xarray.Dataset) -> Attacked:
    """Attack every finished model, and for each a model without superposition."""
    members = dataset[["W", "b", "status"]].stack(member=("density", "seed"))
    members = members.transpose("member", "feature", "hidden")
    members = members.isel(member=(members["status"] == "ok").to_numpy())
    if not members.sizes["member"]:
        raise NoMemberError("no finished member at any density")
    n, m = members.sizes["feature"], members.sizes["hidden"]
    model = models.autoencoder(n_features=n, n_hidden=m)
    densities = members["density"].to_numpy().astype(float)
    plain = np.eye(n, m)

    @jax.jit
    def of_model(W: Array, b: Array, density: Array, key: Key) -> tuple[Array, ...]:
        key_batch, key_random = jax.random.split(key)
        x = data.sparse_uniform(n_features=n, density=density).sample(key_batch, N_EXAMPLES).inputs
        step = BUDGET * jnp.linalg.norm(x, axis=-1).mean()
        random = _unit(jax.random.normal(key_random, x.shape))
        kept = jnp.asarray(plain, jnp.float32)
        unkept = jnp.where(jnp.arange(n) < m, 0.0, density / 2)
        params = models.AutoencoderParams(W=W, b=b)
        reference = models.AutoencoderParams(W=kept, b=unkept)
        aimless = _losses(model, params, x, x + step * random) - _losses(model, params, x, x)
        return (
            attack(model, params, x, step),
            attack(model, reference, x, step),
            aimless.mean(),
            metrics.features_per_dimension(W),
        )

    # The same examples for all models of a density.
    keys = {p: jax.random.fold_in(jax.random.key(0), i) for i, p in enumerate(np.unique(densities))}
    rows = []
    for W, b, p in zip(members["W"].to_numpy(), members["b"].to_numpy(), densities, strict=True):
        key = jax.random.clone(keys[p])
        rows.append(of_model(jnp.asarray(W), jnp.asarray(b), jnp.float32(p), key))
    order = np.argsort(-densities, kind="stable")
    gain, reference, aimless, features = np.asarray(rows, float)[order].T
    return Attacked(densities[order], gain, reference, aimless, features, (n, m))


def attack(model: Model, params: models.AutoencoderParams, x: Array, step: Array) -> Array:
    """How much the best attack raises the loss.

    Args:
        model: the autoencoder.
        params: its parameters, whose W (n, m) gives the directions.
        x: examples, (batch, n).
        step: norm of the attack, ().

    Returns:
        The mean over examples of max_i L(x + step u_i) - L(x), (), where u_i is the row (W Wᵀ)_i
        scaled to norm 1 and L the squared error to the example as it was.

    Reference:
        Elhage et al. 2022, "Relationship to Adversarial Robustness": the analytic attack.
    """
    directions = _unit(metrics.gram_matrix(params.W))
    moved = jax.lax.map(lambda u: _losses(model, params, x, x + step * u[None]), directions)
    return (moved.max(0) - _losses(model, params, x, x)).mean()


def _losses(model: Model, params: models.AutoencoderParams, target: Array, inputs: Array) -> Array:
    """Squared error of each example, (batch,)."""
    recon = jax.vmap(model.apply, in_axes=(None, None, 0))(params, (), inputs).recon
    return jnp.square(recon - target).sum(-1)


def _unit(rows: Array) -> Array:
    """Rows scaled to norm 1; a zero row stays zero."""
    norms = metrics.feature_norms(rows)[..., None]
    return rows / jnp.where(norms == 0, 1.0, norms)


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
