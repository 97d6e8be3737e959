"""The state of the label and its rank."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.gauge import GramState, gram_state, gram_step, truncate

N, M = 7, 3


@pytest.fixture(autouse=True, scope="module")
def double():
    with jax.enable_x64(True):
        yield


def state_of(W, V):
    b = jnp.arange(1.0 * N)
    return GramState(G=W @ W.T, cross=W @ V.T, momentum=V @ V.T, b=b, b_momentum=-b)


def draw(seed=0):
    rng = np.random.default_rng(seed)
    return jnp.asarray(rng.normal(size=(N, M))), jnp.asarray(0.1 * rng.normal(size=(N, M)))


def test_a_state_of_the_rank_stays_as_it_is():
    state = state_of(*draw())
    found = truncate(state, M)
    for name in ("G", "cross", "momentum", "b", "b_momentum"):
        np.testing.assert_allclose(getattr(found, name), getattr(state, name), atol=1e-12)


def test_what_rounding_added_is_taken_away():
    """Noise of size 1e-8 is brought to noise of rank M, which is some W and V's."""
    W, V = draw(1)
    noise = 1e-8 * np.random.default_rng(2).normal(size=(3, N, N))
    noise[[0, 2]] += noise[[0, 2]].swapaxes(-1, -2)
    exact = state_of(W, V)
    noisy = exact.replace(
        G=exact.G + noise[0], cross=exact.cross + noise[1], momentum=exact.momentum + noise[2]
    )
    found = truncate(noisy, M)

    def spectrum(state):
        whole = np.block([[state.G, state.cross], [state.cross.T, state.momentum]])
        return np.linalg.eigvalsh(whole)

    assert np.abs(spectrum(noisy)[:-M]).max() > 1e-9
    assert np.abs(spectrum(found)[:-M]).max() < 1e-14
    np.testing.assert_allclose(found.G, exact.G, atol=1e-6)
    np.testing.assert_allclose(found.cross, exact.cross, atol=1e-6)


@pytest.mark.slow
def test_the_rule_enlarges_a_direction_that_would_lower_the_loss():
    """For the loss -tr G / 2 a step of rate r takes G to (1 + r)² G, noise outside W as well."""
    W, _ = draw(3)
    outside = np.linalg.svd(W)[0][:, -1:]
    state = gram_state(W, jnp.zeros(N))
    state = state.replace(G=state.G + 1e-12 * outside @ outside.T)
    for _ in range(50):
        state = gram_step(state, lambda G, b: -jnp.trace(G) / 2 + 0 * b.sum(), learning_rate=0.1)
    grown = (outside.T @ state.G @ outside)[0, 0]
    np.testing.assert_allclose(grown, 1e-12 * 1.1**100, rtol=1e-2)
    assert abs((outside.T @ truncate(state, M).G @ outside)[0, 0]) < 1e-3 * grown
