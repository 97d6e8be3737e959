"""The loss of an agent against NumPy in float64, its gradient against differences of that."""

import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.environments.transitions import Transitions, packed
from superpos.models import ActorCriticParams, MlpParams, actor_critic, surrogates
from superpos.types import Batch, Model

N, H, T, A, BATCH = 3, 4, 5, 3, 6
RNG = np.random.default_rng(0)
SHAPES = [(N, H), (H, A), (N, H), (H, 1)]
FLAT = RNG.normal(size=sum(n * m + m for n, m in SHAPES))
X = RNG.normal(size=(BATCH, T, N))
ACTION = RNG.integers(A, size=(BATCH, T))
COLUMNS = {
    name: RNG.normal(size=(BATCH, T)) for name in ("advantage", "value_target", "reward")
} | {
    "log_probability": np.log(RNG.uniform(0.2, 0.6, size=(BATCH, T))),
    "alive": (np.arange(T) < RNG.integers(1, T + 1, size=(BATCH, 1))).astype(float),
}
CLIP, VALUE, ENTROPY = 0.2, 0.7, 0.3


def model_of(**changes: Any) -> Model:
    arguments = {"n_features": N, "n_steps": T, "n_actions": A, "n_hidden": H} | changes
    return actor_critic(**arguments)


def layers_of(flat: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Weights and biases of the policy's two layers, then of the value's."""
    found, at = [], 0
    for n, m in SHAPES:
        found.append((flat[at : at + n * m].reshape(n, m), flat[at + n * m : at + n * m + m]))
        at += n * m + m
    return found


def params_of(flat: np.ndarray) -> ActorCriticParams:
    layers = [tuple(jnp.float32(each) for each in layer) for layer in layers_of(flat)]
    networks = [
        MlpParams(weights=(first[0], last[0]), biases=(first[1], last[1]))
        for first, last in (layers[:2], layers[2:])
    ]
    return ActorCriticParams(policy=networks[0], value=networks[1])


def batch() -> Batch:
    columns = {name: jnp.float32(each) for name, each in COLUMNS.items()}
    targets = packed(Transitions(action=jnp.asarray(ACTION), **columns))
    return Batch(inputs=jnp.float32(X), targets=targets, factors=jnp.zeros((BATCH, 0)))


def by_numpy(flat: np.ndarray, clip: float | None) -> dict[str, float]:
    """The loss and what it measures, each step of each episode in turn."""
    (W, b), (U, c), (V, d), (Z, e) = layers_of(flat)
    sums = dict.fromkeys(("loss", "entropy", "value_error", "approx_kl", "clip_fraction"), 0.0)
    n_alive = COLUMNS["alive"].sum()
    for place in np.ndindex(BATCH, T):
        one = {name: each[place] for name, each in COLUMNS.items()}
        if not one["alive"]:
            continue
        logits = np.tanh(X[place] @ W + b) @ U + c
        value = (np.tanh(X[place] @ V + d) @ Z + e)[0]
        chances = np.exp(logits) / np.exp(logits).sum()
        ratio = chances[ACTION[place]] / np.exp(one["log_probability"])
        surrogate = -ratio * one["advantage"]
        if clip is not None:
            near = min(max(ratio, 1 - clip), 1 + clip)
            surrogate = max(surrogate, -near * one["advantage"])
            sums["clip_fraction"] += abs(ratio - 1) > clip
        entropy = -(chances * np.log(chances)).sum()
        error = (value - one["value_target"]) ** 2
        sums["loss"] += surrogate + VALUE * error - ENTROPY * entropy
        sums["entropy"] += entropy
        sums["value_error"] += error
        sums["approx_kl"] += ratio - 1 - np.log(ratio)
    found = {name: each / n_alive for name, each in sums.items()}
    earned = (COLUMNS["reward"] * COLUMNS["alive"]).sum(axis=1).mean()
    return found | {"episode_return": earned}


@pytest.mark.parametrize("clip", [None, CLIP])
def test_loss_and_gradient_agree_with_numpy(clip: float | None) -> None:
    chosen = surrogates.policy_gradient() if clip is None else surrogates.clipped(clip_range=clip)
    model = model_of(surrogate=chosen, value_coefficient=VALUE, entropy_bonus=ENTROPY)
    function = jax.jit(jax.value_and_grad(model.loss, has_aux=True))
    (loss, (state, measured)), grads = function(params_of(FLAT), (), batch(), jax.random.key(0))
    wanted = by_numpy(FLAT, clip)
    assert state == ()
    np.testing.assert_allclose(loss, wanted.pop("loss"), rtol=1e-5)
    for name, value in wanted.items():
        np.testing.assert_allclose(measured[name], value, rtol=1e-5, err_msg=name)
    if clip is not None:
        assert 0 < measured["clip_fraction"] < 1

    step = 1e-6
    differences = [
        (by_numpy(FLAT + step * each, clip)["loss"] - by_numpy(FLAT - step * each, clip)["loss"])
        / (2 * step)
        for each in np.eye(len(FLAT))
    ]
    flat = [
        np.ravel(leaf)
        for network in (grads.policy, grads.value)
        for pair in zip(network.weights, network.biases, strict=True)
        for leaf in pair
    ]
    np.testing.assert_allclose(np.concatenate(flat), differences, rtol=1e-4, atol=1e-5)


def test_steps_after_the_end_do_not_count() -> None:
    model = model_of(n_actions=0, d_action=2)
    params, state = model.init(jax.random.key(0))
    alive = jnp.broadcast_to(jnp.arange(T) < 2, (BATCH, T))
    key = jax.random.key(1)
    columns = {
        name: jax.random.normal(jax.random.fold_in(key, number), (BATCH, T))
        for number, name in enumerate(("advantage", "value_target", "log_probability", "reward"))
    }

    def loss_of(later: float) -> jax.Array:
        changed = {name: jnp.where(alive, each, later) for name, each in columns.items()}
        action = jnp.broadcast_to(jnp.where(alive, 0.5, later)[..., None], (BATCH, T, 2))
        done = Transitions(action=action, alive=alive.astype(jnp.float32), **changed)
        inputs = jnp.broadcast_to(jnp.where(alive, 0.3, later)[..., None], (BATCH, T, N))
        given = Batch(inputs=inputs, targets=packed(done), factors=inputs)
        return jax.grad(lambda p: model.loss(p, state, given, key)[0])(params)

    first, other = jax.jit(loss_of)(1.0), jax.jit(loss_of)(50.0)
    jax.tree.map(np.testing.assert_array_equal, first, other)


def test_a_single_observation_and_an_episode_have_the_same_outputs() -> None:
    model = model_of(n_layers=2)
    params, state = model.init(jax.random.key(0))
    x = jnp.float32(X)
    together, one = jax.jit(
        lambda x: (model.apply(params, state, x), model.apply(params, state, x[2, 3]))
    )(x)
    assert together.recon.shape == (BATCH, T, A + 1) and together.code.shape == (BATCH, T, H)
    np.testing.assert_allclose(together.recon[2, 3], one.recon, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("n_actions", "d_action"), [(0, 0), (1, 0), (3, 2)])
def test_actions_are_either_numbered_or_vectors(n_actions: int, d_action: int) -> None:
    line = f"n_actions={n_actions}: expected at least 2 with d_action=0"
    with pytest.raises(ArgumentError, match=f"^{re.escape(line)}"):
        model_of(n_actions=n_actions, d_action=d_action)
