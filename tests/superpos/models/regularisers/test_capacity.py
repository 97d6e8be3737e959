"""Capacities that are held, against NumPy in float64, and on the way to their target."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.models import AutoencoderParams, QuadraticParams, autoencoder, quadratic
from superpos.models.regularisers import noise, pinned_capacity
from superpos.types import Batch, Members

N, M = 4, 2
RNG = np.random.default_rng(0)
TRAINED, W = RNG.normal(size=(2, N, M)), RNG.normal(size=(N, M))
MODEL = quadratic(n_features=N, n_hidden=M, kurtosis=5.0)
MEMBERS = Members(MODEL, QuadraticParams(W=jnp.float32(TRAINED)), ())
KNOWN = {"members": MEMBERS, "coefficient": 10.0}
NOTHING = jnp.zeros((1, N))
BATCH = Batch(inputs=NOTHING, targets=NOTHING, factors=NOTHING)


def capacity(W: np.ndarray) -> np.ndarray:
    gram = W @ W.T
    return np.diagonal(gram) ** 2 / np.square(gram).sum(-1)


def loss_of(W: np.ndarray, **given: float) -> float:
    model = quadratic(
        n_features=N, n_hidden=M, kurtosis=5.0, regularisers=[pinned_capacity(**KNOWN, **given)]
    )
    return float(model.loss(QuadraticParams(W=jnp.float32(W)), (), BATCH, jax.random.key(0))[0])


@pytest.mark.parametrize(("member", "others"), [(0, 0.0), (1, 1.0), (1, 0.3)])
def test_the_penalty_is_the_quadratic_of_numpy(member: int, others: float) -> None:
    wanted = capacity(TRAINED[member])
    wanted[2] = np.clip(wanted[2] - 0.05, 0, 1)
    weights = np.where(np.arange(N) == 2, 1.0, others)
    expected = 5.0 * (weights * (capacity(W) - wanted) ** 2).sum()
    params = QuadraticParams(W=jnp.float32(W))
    plain = float(MODEL.loss(params, (), BATCH, jax.random.key(0))[0])
    found = loss_of(W, member=member, pinned_feature=2, shift=-0.05, others=others) - plain
    assert found == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_a_target_stays_between_0_and_1() -> None:
    alone = np.array([[1.0, 0], [0, 1], [0, 0], [0, 0]])
    members = Members(MODEL, QuadraticParams(W=jnp.float32(alone[None])), ())
    for feature, shift in ((0, 0.5), (2, -0.5)):
        held = pinned_capacity(
            members=members, coefficient=10.0, shift=shift, pinned_feature=feature
        )
        assert held.params_penalties[0](QuadraticParams(W=jnp.float32(alone))) == 0


def test_models_that_it_does_not_fit_are_refused() -> None:
    held = pinned_capacity(**KNOWN, shift=0.1)
    model = autoencoder(n_features=N + 1, n_hidden=M, regularisers=[held])
    params = AutoencoderParams(W=jnp.zeros((N + 1, M)), b=jnp.zeros(N + 1))
    x = jnp.zeros((1, N + 1))
    batch = Batch(inputs=x, targets=x, factors=x)
    with pytest.raises(ArgumentError, match=r"pinned_capacity: expected a W of shape \(4, 2\)$"):
        model.loss(params, (), batch, jax.random.key(0))
    with pytest.raises(ArgumentError, match="^members: expected models with a matrix W$"):
        pinned_capacity(members=MEMBERS._replace(params={}), coefficient=1.0, shift=0.1)
    with pytest.raises(ArgumentError, match=r"^shift=2.0: expected a number in \[-1, 1\]$"):
        pinned_capacity(**KNOWN, shift=2.0)


def test_the_quadratic_model_takes_no_regulariser_of_the_code() -> None:
    with pytest.raises(ArgumentError, match="^regularisers: expected those of parameters alone"):
        quadratic(n_features=N, n_hidden=M, kurtosis=5.0, regularisers=[noise(noise_scale=0.1)])
