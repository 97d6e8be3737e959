"""Which optimisers keep to rotations, against the matrix algebra; and the dynamics of the label."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from superpos.gauge import commutes, descend, factor, gram_state, gram_step, symmetries
from superpos.gauge.gram import naive_step

N, M, STEPS = 8, 3, 200
IMPORTANCE = 0.9 ** np.arange(N)


@pytest.fixture(autouse=True, scope="module")
def double():
    with jax.enable_x64(True):
        yield


def data():
    rng = np.random.default_rng(0)
    return rng.uniform(size=(STEPS, 32, N)) * (rng.uniform(size=(STEPS, 32, N)) < 0.3)


def start():
    rng = np.random.default_rng(1)
    return {"W": jnp.asarray(rng.normal(size=(N, M)) * 0.4), "b": jnp.zeros(N)}


def gram_loss(G, b, x):
    error = x - jax.nn.relu(x @ G + b[None])
    return (IMPORTANCE[None] * error**2).sum(-1).mean()


def gradient(params, number):
    x = jnp.asarray(data())[number]
    return jax.grad(lambda p: gram_loss(p["W"] @ p["W"].T, p["b"], x))(params)


def label(params):
    return params["W"] @ params["W"].T


@functools.cache
def apart(tx_name, group):
    tx = {
        "sgd": optax.sgd(0.05),
        "momentum": optax.sgd(0.02, momentum=0.9),
        "decay": optax.chain(optax.add_decayed_weights(0.01), optax.sgd(0.05)),
        "adam": optax.adam(1e-2),
    }[tx_name]
    of = {"rotation": symmetries.rotation(), "signed": symmetries.signed_permutation()}[group]
    run = jax.jit(lambda p, k: commutes(tx, gradient, of, label, p, k, n_elements=3))
    return np.asarray(run(start(), jax.random.key(2)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tx", "group", "commute"),
    [
        ("sgd", "rotation", True),
        ("momentum", "rotation", True),
        ("decay", "rotation", True),
        ("adam", "rotation", False),
        ("adam", "signed", True),
    ],
)
def test_optimisers_that_are_equivariant_commute_and_adam_does_under_signs_only(tx, group, commute):
    found = apart(tx, group)
    assert found.shape == (STEPS,)
    assert (found.max() < 1e-10) == commute
    assert commute or found.max() > 0.1


@pytest.mark.slow
@pytest.mark.parametrize(("momentum", "decay"), [(0.0, 0.0), (0.9, 0.0), (0.0, 0.05), (0.9, 0.05)])
def test_the_gram_matrix_follows_its_own_rule(momentum, decay):
    """200 updates on one stream of data, in W and in G, which never reads W."""
    rate = 0.02
    tx = optax.chain(
        optax.trace(momentum) if momentum else optax.identity(),
        optax.add_decayed_weights(decay),
        optax.scale(-rate),
    )
    end, labels = jax.jit(lambda p: descend(tx, gradient, label, p, STEPS))(start())

    def step(state, x):
        state = gram_step(
            state,
            lambda G, b: gram_loss(G, b, x),
            learning_rate=rate,
            momentum=momentum,
            weight_decay=decay,
        )
        return state, state.G

    state, found = jax.jit(lambda s: jax.lax.scan(step, s, jnp.asarray(data())))(
        gram_state(**start())
    )
    assert float(jnp.abs(labels[-1] - label(start())).max()) > 0.1
    np.testing.assert_allclose(found, labels, rtol=0, atol=1e-10)
    np.testing.assert_allclose(state.b, end["b"], rtol=0, atol=1e-10)
    W = factor(state.G, M)
    np.testing.assert_allclose(W @ W.T, state.G, atol=1e-7)


@pytest.mark.slow
def test_a_naive_step_leaves_the_rank():
    state = gram_state(**start())
    for x in data()[:20]:
        state = naive_step(state, lambda G, b, x=x: gram_loss(G, b, x), learning_rate=0.05)
    values = np.linalg.eigvalsh(state.G)
    assert (values > 1e-3).sum() > M or values.min() < -1e-3


@pytest.mark.slow
def test_one_step_without_momentum_is_a_congruence():
    """G' = (a - 2ηS) G (a - 2ηS), with the gradient taken numerically."""
    x, params, rate, decay, h = data()[0], start(), 0.1, 0.2, 1e-6
    G, b = np.asarray(label(params)), np.asarray(params["b"])
    D = np.zeros((N, N))
    for i, j in np.ndindex(N, N):
        step = np.zeros((N, N))
        step[i, j] = h
        D[i, j] = (gram_loss(G + step, b, x) - gram_loss(G - step, b, x)) / (2 * h)
    B = (1 - rate * decay) * np.eye(N) - rate * (D + D.T)
    found = gram_step(
        gram_state(**params),
        lambda G, b: gram_loss(G, b, x),
        learning_rate=rate,
        weight_decay=decay,
    )
    np.testing.assert_allclose(found.G, B @ G @ B, atol=1e-8)
