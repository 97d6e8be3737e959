"""Feature benefit and interference: the loss on one feature, in closed form and sampled.

Source: Elhage et al. 2022, Toy Models of Superposition, "Mathematical Understanding".
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray

from experiments.elhage import one_sparse
from experiments.elhage.geometry import represented
from superpos import data
from superpos import models as toy_models
from superpos.app.claims.ledger import Claim, Row, Verdict, claims_of, settle
from superpos.app.findings import Figure, Findings
from superpos.app.plots.figures import PALETTE, new_figure, save
from superpos.train import best_of, store
from superpos.types import Array, Key

BATCH_PER_FEATURE, FULL_BATCH, N_FULL = 4096, 2**16, 32
"""Examples of one feature for each feature; of all features in a batch, and such batches."""


class Models(NamedTuple):
    """The best model at each density, from dense to sparse.

    Attributes:
        density: p, (k,).
        W: feature directions, (k, n, m).
        b: bias, (k, n).
        importance: I, (n,).
    """

    density: np.ndarray
    W: np.ndarray
    b: np.ndarray
    importance: np.ndarray


class Sampled(NamedTuple):
    """What Monte Carlo with superpos's own source and model gives for each model, each (k,).

    Attributes:
        one: loss where exactly one feature is on.
        zero: loss where none is.
        full: loss at the model's density.
        free: largest output from negative interference: over examples with one feature i on and
            outputs j with W_i·W_j <= 0 and b_j <= 0.
    """

    one: np.ndarray
    zero: np.ndarray
    full: np.ndarray
    free: np.ndarray


def analyse(*, datasets: Mapping[str, xarray.Dataset], folder: Path) -> Findings:
    """Judge the claims on the parts of the loss and draw them.

    Args:
        datasets: {"relu": ..., "linear": ...}, sweeps over density and seed.
        folder: where the figure goes.

    Returns:
        Verdicts and one figure: the parts of the loss over density, and each feature's part.
    """
    best = {
        name: best_of(dataset, dataset["loss"].isel(step=-1)).sortby("density", ascending=False)
        for name, dataset in datasets.items()
    }
    relu, linear = (models_of(best[name]) for name in ("relu", "linear"))
    sampled = sample(relu)
    draw(folder / "decomposition.png", relu)
    caption = (
        "Left: the loss where one feature is on, L1, in its two parts, and L0, where none is."
        " Middle: their shares of L1. Right: for each feature of the sparsest model, what is lost"
        " of it when it is on alone and what it does to the others; colours as on the left."
    )
    alt = "Parts of the loss against density, and by feature for the sparsest model."
    verdicts = settle(judge(relu, linear, sampled), best["relu"].get("fragile"))
    return Findings(verdicts, [Figure("decomposition.png", alt, caption)])


def models_of(best: xarray.Dataset) -> Models:
    """The models of a dataset without its restarts; importances are read from its config."""
    decay = store.config_of(best)["model.importance_decay"]
    return Models(
        density=best["density"].to_numpy().astype(float),
        W=best["W"].to_numpy().astype(float),
        b=best["b"].to_numpy().astype(float),
        importance=float(decay) ** np.arange(best.sizes["feature"]),
    )


def judge(relu: Models, linear: Models, sampled: Sampled) -> list[Verdict]:
    """Verdicts on the claims; those that need a density that is not there are not run."""
    claims = _claims(*relu.W.shape[1:])
    closed = one_sparse.one_sparse_loss(relu.W, relu.b, relu.importance)
    zero = one_sparse.zero_loss(relu.b, relu.importance)
    truncated = _truncated(relu)
    sparse = np.isclose(relu.density[-1], 1e-3)
    own = (np.square(linear.W).sum(-1) ** 2).sum(-1)
    gram = linear.W @ np.swapaxes(linear.W, -1, -2)
    between = np.square(gram).sum((-2, -1)) - own
    kept = represented(relu.W[-1])
    lost = one_sparse.own_cost(relu.W, relu.b, relu.importance).sum(-1)
    dense = np.isclose(relu.density[0], 1.0)
    return [
        claims["monte_carlo"].judge(
            (np.abs(sampled.one - closed) / np.maximum(closed, 1e-300)).max(),
            _listed(relu, closed),
        ),
        claims["zero"].judge(np.abs(sampled.zero - zero).max() / max(zero.max(), 1e-300)),
        claims["free"].judge(np.nanmax(sampled.free) if (sampled.free >= 0).any() else None),
        claims["linear"].judge((between / own).max()),
        claims["bias"].judge(relu.b[-1][kept].max() if sparse and kept.any() else None),
        claims["expansion"].judge(
            abs(sampled.full[-1] / truncated[-1] - 1) if sparse else None,
            "loss over that on at most one feature "
            + _listed(relu, sampled.full / np.where(truncated > 0, truncated, np.nan))
            + "; the excess should fall like p",
        ),
        claims["benefit"].judge(
            lost[-1] - lost[0] if sparse and dense else None, _listed(relu, lost)
        ),
    ]


def _claims(n: int, m: int) -> dict[str, Claim]:
    rows: tuple[Row, ...] = (
        ("monte_carlo", "L1, the loss on one feature, is feature benefit plus interference: largest"
         " relative deviation of Monte Carlo from the closed form, over models", "<=", 0, 1e-3),
        ("zero", "L0, the loss on no feature, is Σ I ReLU(b)²; largest deviation over the largest",
         "<=", 0, 1e-5),
        ("free", "negative interference is free where b <= 0: largest output", "<=", 0, 1e-6),
        ("linear", "a linear model has no superposition: Σ_{i≠j} (W_i·W_j)² over Σ_i ‖W_i‖⁴, at the"
         " worst density", "<=", 0, 0.02),
        ("bias", "sparse features: no represented feature has a positive bias; largest bias", "<=",
         0, 0.01),
        ("expansion", "sparse features: the loss is that on at most one feature, up to p²; relative"
         " excess at p = 0.001", "<=", 0, 0.05),
        ("benefit", "as features become sparse more of them come back: what is lost of features on"
         " their own, at p = 0.001 less that at p = 1", "<=", 0, 0),
    )  # fmt: skip
    return claims_of(
        "elhage/decomposition",
        rows,
        paper="Elhage et al. 2022, Toy Models of Superposition",
        section="Mathematical Understanding",
        setting=f"n={n}, m={m}, falling importance, p from 1 to 0.001, best of several instances",
    )


def sample(models: Models) -> Sampled:
    """Evaluate each model on fresh batches: one feature on, none, and at its own density."""
    n, m = models.W.shape[1:]
    model = toy_models.autoencoder(
        n_features=n,
        n_hidden=m,
        error=toy_models.errors.squared(importance=models.importance.tolist()),
    )
    key_one, key_models = jax.random.split(jax.random.key(0))
    one = data.draw(data.one_sparse(n_features=n, stratified=True), key_one, n * BATCH_PER_FEATURE)
    nothing = jax.tree.map(lambda leaf: jnp.zeros_like(leaf[:1]), one)

    @jax.jit
    def of_model(W: Array, b: Array, density: Array, key: Key) -> tuple[Array, ...]:
        params = toy_models.AutoencoderParams(W=W, b=b)
        source = data.sparse_uniform(n_features=n, density=density)
        key_one, key_zero, key_full = jax.random.split(key, 3)

        def full(key: Key) -> Array:
            key_batch, key_loss = jax.random.split(key)
            return model.loss(params, (), data.draw(source, key_batch, FULL_BATCH), key_loss)[0]

        recon = jax.vmap(model.apply, in_axes=(None, None, 0))(params, (), one.inputs).recon
        # Output j of an example with feature i on, where it is to be free.
        free = ((W @ W.T <= 0) & (b[None] <= 0)).astype(jnp.float32)
        allowed = (one.inputs > 0).astype(jnp.float32) @ free
        return (
            model.loss(params, (), one, key_one)[0],
            model.loss(params, (), nothing, key_zero)[0],
            jax.lax.map(full, jax.random.split(key_full, N_FULL)).mean(),
            jnp.where(allowed > 0, recon, -1.0).max(),
        )

    keys = jax.random.split(key_models, len(models.W))
    arrays = (models.W, models.b, models.density)
    rows = [
        of_model(*(jnp.asarray(part, jnp.float32) for part in parts), key)
        for *parts, key in zip(*arrays, keys, strict=True)
    ]
    columns = np.asarray(rows, float).T
    return Sampled(one=columns[0], zero=columns[1], full=columns[2], free=columns[3])


def draw(path: Path, models: Models) -> None:
    """Draw the parts of the loss against density, and those of each feature at the sparse end."""
    own = one_sparse.own_cost(models.W, models.b, models.importance)
    other = one_sparse.interference_cost(models.W, models.b, models.importance).sum(-1)
    n, x = models.W.shape[1], 1 / models.density
    zero = one_sparse.zero_loss(models.b, models.importance)
    figure, axes = new_figure(1, 3, width=11, height=3.6)
    for values, label, colour in (
        (own.sum(-1) / n, "own cost (lack of benefit)", PALETTE[0]),
        (other.sum(-1) / n, "interference", PALETTE[3]),
        (zero, "L0", PALETTE[7]),
    ):
        axes[0].plot(x, np.maximum(values, 1e-7), "o-", color=colour, label=label, markersize=4)
    axes[0].set(xscale="log", yscale="log", xlabel="1 / density", ylabel="cost", ylim=(1e-6, None))
    axes[0].legend(frameon=False, fontsize=8)
    shares = np.array([own.sum(-1), other.sum(-1)]) / n
    axes[1].stackplot(x, shares / shares.sum(0), colors=[PALETTE[0], PALETTE[3]])
    axes[1].set(xscale="log", xlabel="1 / density", ylabel="part of L1", ylim=(0, 1))
    places = np.arange(n)
    axes[2].bar(places, own[-1], color=PALETTE[0])
    axes[2].bar(places, other[-1], bottom=own[-1], color=PALETTE[3])
    axes[2].set(xlabel="feature", ylabel=f"cost at p = {models.density[-1]:.3g}")
    save(figure, path)


def _truncated(models: Models) -> np.ndarray:
    return one_sparse.truncated_loss(
        models.W, models.b, density=models.density, importance=models.importance
    )


def _listed(models: Models, values: np.ndarray) -> str:
    pairs = zip(models.density, values, strict=True)
    return ", ".join(f"p={p:.3g}: {value:.4g}" for p, value in pairs)
