"""What adversarial examples do to finished models.

Source: Elhage et al. 2022, Toy Models of Superposition, "Relationship to Adversarial Robustness".
An L2 attack moves the input along the row (W Wᵀ)_i that raises output i most. Its norm is a tenth
of the mean norm of inputs. The models are read from the store; only a batch to attack is drawn.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray

from superpos import data, metrics, models
from superpos.store.best import fragile_of
from superpos.train import NoMemberError, store
from superpos.types import Array, Key, Model

N_EXAMPLES = 1024
BUDGET = 0.1
"""Norm of the attack, as part of the mean norm of inputs."""


class Attacked(NamedTuple):
    """What attacks do to each finished model, from dense to sparse.

    Attributes:
        density: p, (k,).
        gain: how much the attack raises the loss, (k,).
        reference: the same for a model without superposition, on the same examples, (k,).
        aimless: how much a random step of the same norm raises the loss, (k,).
        features: features per dimension ‖W‖² / m, (k,).
        clean: the loss without an attack, (k,).
        trained_against: norm of the attacks in training, 0 where there were none, (k,).
        sizes: n and m.
        fragile: which members of the sweep are sensitive to rounding, finished or not, bool in the
            shape of the sweep; None when not checked.
    """

    density: np.ndarray
    gain: np.ndarray
    reference: np.ndarray
    aimless: np.ndarray
    features: np.ndarray
    clean: np.ndarray
    trained_against: np.ndarray
    sizes: tuple[int, int]
    fragile: np.ndarray | None = None

    @property
    def relative(self) -> np.ndarray:
        """Vulnerability relative to a model without superposition, (k,)."""
        return self.gain / self.reference


def attack_all(dataset: xarray.Dataset) -> Attacked:
    """Attack every finished model of a sweep over density, and one without superposition.

    Args:
        dataset: a sweep over density and seed, perhaps over attack_norm, whose W and b are those of
            ReLU models with equal importances.

    Returns:
        What was found, in order of density from dense to sparse and then of the norm of attacks.

    Raises:
        NoMemberError: no model is finished.
    """
    members = dataset[["W", "b", "status"]].stack(member=dataset["status"].dims)
    members = members.transpose("member", "feature", "hidden")
    members = members.isel(member=store.finished(members).to_numpy())
    if not members.sizes["member"]:
        raise NoMemberError("no finished member at any density")
    n, m = members.sizes["feature"], members.sizes["hidden"]
    model = models.autoencoder(n_features=n, n_hidden=m)
    densities = members["density"].to_numpy().astype(float)
    norms = np.zeros_like(densities)
    if "attack_norm" in members.coords:
        norms = members["attack_norm"].to_numpy().astype(float)
    plain = np.eye(n, m)

    @jax.jit
    def of_model(W: Array, b: Array, density: Array, key: Key) -> tuple[Array, ...]:
        key_batch, key_random = jax.random.split(key)
        x = data.draw(
            data.sparse_uniform(n_features=n, density=density), key_batch, N_EXAMPLES
        ).inputs
        step = BUDGET * jnp.linalg.norm(x, axis=-1).mean()
        random = _unit(jax.random.normal(key_random, x.shape))
        kept = jnp.asarray(plain, jnp.float32)
        unkept = jnp.where(jnp.arange(n) < m, 0.0, density / 2)
        params = models.AutoencoderParams(W=W, b=b)
        reference = models.AutoencoderParams(W=kept, b=unkept)
        clean = _losses(model, params, x, x)
        aimless = _losses(model, params, x, x + step * random) - clean
        return (
            attack(model, params, x, step),
            attack(model, reference, x, step),
            aimless.mean(),
            metrics.features_per_dimension(W),
            clean.mean(),
        )

    # The same examples for all models of a density.
    keys = {p: jax.random.fold_in(jax.random.key(0), i) for i, p in enumerate(np.unique(densities))}
    rows = []
    for W, b, p in zip(members["W"].to_numpy(), members["b"].to_numpy(), densities, strict=True):
        key = jax.random.clone(keys[p])
        rows.append(of_model(jnp.asarray(W), jnp.asarray(b), jnp.float32(p), key))
    order = np.lexsort((norms, -densities))
    gain, reference, aimless, features, clean = np.asarray(rows, float)[order].T
    return Attacked(
        density=densities[order],
        gain=gain,
        reference=reference,
        aimless=aimless,
        features=features,
        clean=clean,
        trained_against=norms[order],
        sizes=(n, m),
        fragile=fragile_of(dataset),
    )


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
    directions = models.attack_directions(params.W)
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
