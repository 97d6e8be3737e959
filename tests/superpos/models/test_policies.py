"""Policies against SciPy, and against the frequencies of what they draw."""

import jax
import jax.numpy as jnp
import numpy as np
import scipy.stats

from superpos.models.policies import categorical, normal

RNG = np.random.default_rng(0)


def test_numbered_actions_have_the_softmax_of_the_logits() -> None:
    policy = categorical(3)
    outputs = jnp.float32(RNG.normal(size=(5, 4)))
    logits = np.asarray(outputs[:, :3], np.float64)
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    actions = np.array([0, 1, 2, 1, 0])
    logs = policy.log_probability(outputs, jnp.asarray(actions))
    np.testing.assert_allclose(logs, np.log(chances[np.arange(5), actions]), rtol=1e-5)
    entropy = [scipy.stats.entropy(row) for row in chances]
    np.testing.assert_allclose(policy.entropy(outputs), entropy, rtol=1e-5)
    np.testing.assert_array_equal(policy.value(outputs), outputs[:, 3])
    np.testing.assert_array_equal(policy.mode(outputs), logits.argmax(axis=1))
    drawn = jax.vmap(lambda key: policy.sample(key, outputs[0]))(
        jax.random.split(jax.random.key(1), 2000)
    )
    shares = np.bincount(np.asarray(drawn), minlength=3) / 2000
    assert (np.abs(shares - chances[0]) < 4 * np.sqrt(chances[0] * (1 - chances[0]) / 2000)).all()


def test_vectors_have_the_density_of_independent_normals() -> None:
    policy = normal(2)
    outputs = jnp.float32([[0.5, -1.0, 0.3, -0.7, 4.0], [0.0, 2.0, -9.0, 1.0, -1.0]])
    action = jnp.float32([[0.1, -1.5], [0.05, 3.0]])
    std = np.exp([[0.3, -0.7], [-2.0, 1.0]])  # -9 is clipped
    law = scipy.stats.norm(np.asarray(outputs[:, :2]), std)
    logs = policy.log_probability(outputs, action)
    np.testing.assert_allclose(logs, law.logpdf(np.asarray(action)).sum(axis=1), rtol=1e-5)
    np.testing.assert_allclose(policy.entropy(outputs), law.entropy().sum(axis=1), rtol=1e-5)
    np.testing.assert_array_equal(policy.value(outputs), [4, -1])
    np.testing.assert_array_equal(policy.mode(outputs), outputs[:, :2])
    drawn = policy.sample(jax.random.key(2), jnp.broadcast_to(outputs[0], (4000, 5)))
    error = np.exp([0.3, -0.7]) / np.sqrt(4000)
    assert (np.abs(np.asarray(drawn).mean(axis=0) - [0.5, -1.0]) < 4 * error).all()
    np.testing.assert_allclose(np.std(drawn, axis=0), std[0], rtol=0.06)
