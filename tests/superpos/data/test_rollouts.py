"""Episodes that a model plays: what they hold, what is refused, and that agents learn."""

import dataclasses
import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import data, models, optim
from superpos.arguments import ArgumentError
from superpos.environments import encodings, epochs
from superpos.environments.transitions import unpacked
from superpos.losses import generalised_advantages
from superpos.train import FitSpec, fit, training
from superpos.types import Array, Environment, Key, Model, Source

T, BATCH = 6, 64
MEANS = (0.1, 0.5, 0.9, 0.3)
"""Of the arms of a bandit."""


def agent(**changes: Any) -> Model:
    arguments = {"n_features": T + 2, "n_steps": T, "n_actions": 3, "n_hidden": 8} | changes
    return models.actor_critic(**arguments)


def world() -> Environment:
    encoding = encodings.one_hot(n_indices=T)
    return epochs(encoding=encoding, n_steps=T, n_allowed=3.0, growth=0.5, penalty=1.0)


def source_of(model: Model, **changes: Any) -> Source:
    arguments = {"environment": world(), "model": model, "n_features": T + 2} | changes
    return data.rollouts(**arguments)


def bandit(*, d_action: int = 0) -> Environment:
    """One step; an arm pays its mean and noise, or a number pays the less the farther from 2."""

    def reset(key: Key, params: tuple[()]) -> tuple[Array, tuple[()]]:
        del key, params
        return jnp.ones(1), ()

    def step(
        key: Key, state: tuple[()], action: Array, params: tuple[()]
    ) -> tuple[Array, tuple[()], Array, Array]:
        del params
        noise = 0.1 * jax.random.normal(key)
        paid = -jnp.square(action[0] - 2) if d_action else jnp.array(MEANS)[action]
        return jnp.ones(1), state, paid + noise, jnp.bool(True)

    return Environment(
        reset,
        step,
        lambda key, state, params: jnp.ones(1),
        (),
        n_observations=1,
        n_steps=1,
        n_actions=0 if d_action else len(MEANS),
        d_action=d_action,
    )


def test_episodes_are_those_of_the_policy_and_advantages_those_of_its_values() -> None:
    model = agent()
    params, _ = model.init(jax.random.key(0))
    discount, gae_lambda = 0.9, 0.6
    plain = source_of(model, discount=discount, gae_lambda=gae_lambda, normalised=False)
    draw = jax.jit(lambda key: data.draw(plain, key, BATCH, params))
    batch = draw(jax.random.key(1))
    done = unpacked(batch.targets, 0)
    outputs = jax.jit(model.apply)(params, (), batch.inputs).recon
    assert model.policy is not None
    on = np.asarray(done.alive, bool)
    logs = model.policy.log_probability(outputs, done.action)
    np.testing.assert_allclose(done.log_probability[on], logs[on], rtol=1e-4, atol=1e-5)
    values = np.asarray(model.policy.value(outputs))
    for row in range(BATCH):
        # On until the first shutdown, and over after it.
        stops = np.flatnonzero(np.asarray(done.action[row]) == 2)
        n_alive = T if not stops.size else stops[0] + 1
        assert on[row].tolist() == [True] * n_alive + [False] * (T - n_alive)
    found = jax.jit(
        jax.vmap(
            lambda *each: generalised_advantages(*each, discount=discount, gae_lambda=gae_lambda)
        )
    )(done.reward, jnp.asarray(values), jnp.asarray(on))
    np.testing.assert_allclose(done.advantage, found, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        np.asarray(done.value_target)[on], np.asarray(found + values)[on], rtol=1e-4, atol=1e-5
    )
    assert plain.environment is not None and batch.factors.shape == (BATCH, 0)

    source = source_of(model)
    targets = jax.jit(lambda key: data.draw(source, key, BATCH, params).targets)(jax.random.key(1))
    scaled = unpacked(targets, 0)
    advantage, on = np.asarray(scaled.advantage), np.asarray(scaled.alive, bool)
    assert abs(advantage[on].mean()) < 1e-5 and abs(advantage[on].std() - 1) < 1e-4
    assert (advantage[~on] == 0).all()


@pytest.mark.parametrize("kind", ["policy_gradient", "clipped"])
def test_a_bandit_is_learned(kind: str) -> None:
    surrogate = getattr(models.surrogates, kind)()
    model = models.actor_critic(
        n_features=1, n_steps=1, n_actions=len(MEANS), n_hidden=8, surrogate=surrogate
    )
    run = fit(
        jax.random.key(0),
        model=model,
        source=data.rollouts(environment=bandit(), model=model, n_features=1),
        tx=optim.adam(learning_rate=0.02),
        spec=FitSpec(n_steps=400, batch_size=32, log_every=200, updates_per_draw=4),
    )
    logits = model.apply(run.params, (), jnp.ones(1)).recon[: len(MEANS)]
    chances = jax.nn.softmax(logits)
    assert np.argmax(chances) == np.argmax(MEANS) and chances[np.argmax(MEANS)] > 0.9
    assert run.metrics["episode_return"][-1] > 0.8
    first = run.metrics["clip_fraction"][0]
    assert first > 0 if kind == "clipped" else first == 0


def test_an_action_that_is_a_vector_is_learned() -> None:
    model = models.actor_critic(n_features=1, n_steps=1, n_actions=0, d_action=1, n_hidden=8)
    run = fit(
        jax.random.key(0),
        model=model,
        source=data.rollouts(environment=bandit(d_action=1), model=model, n_features=1),
        tx=optim.adam(learning_rate=0.02),
        spec=FitSpec(n_steps=400, batch_size=64, log_every=400),
    )
    mean = model.apply(run.params, (), jnp.ones(1)).recon[0]
    assert abs(float(mean) - 2) < 0.2


def test_what_does_not_fit_is_refused() -> None:
    cases = [
        ({"model": models.mlp(n_features=8, n_hidden=2, n_outputs=3)}, "model: expected one with"),
        ({"n_features": 3}, "n_features=3: expected the 8 numbers that environment shows"),
        ({"model": agent(n_actions=2)}, "model: has n_actions=2, expected the 3 of environment"),
        (
            {"model": agent(n_actions=0, d_action=1)},
            "model: has n_actions=0, expected the 3 of environment",
        ),
    ]
    for changes, line in cases:
        with pytest.raises(ArgumentError, match=f"^{re.escape(line)}"):
            source_of(**{"model": agent()} | changes)
    other = agent(n_steps=5)
    spec = FitSpec(n_steps=1, batch_size=1, log_every=1)
    with pytest.raises(ArgumentError, match="^model: takes inputs"):
        training(model=other, source=source_of(other), tx=optim.sgd(learning_rate=1.0), spec=spec)


def test_members_cannot_share_what_they_play() -> None:
    model = agent()
    shared = data.shared(data=source_of(model))
    spec = FitSpec(n_steps=1, batch_size=1, log_every=1)
    run = training(model=model, source=shared, tx=optim.sgd(learning_rate=1.0), spec=spec)
    with pytest.raises(ArgumentError, match="^data: a stream that all members share"):
        jax.eval_shape(lambda: run.advance(run.init(jax.random.key(0))))


def test_policies_play_with_the_parameters_they_are_given() -> None:
    model = agent()
    params, _ = model.init(jax.random.key(0))
    last = params.policy.biases[-1].at[2].set(50.0)
    policy = dataclasses.replace(params.policy, biases=(params.policy.biases[0], last))
    stops = dataclasses.replace(params, policy=policy)
    source = source_of(model)
    draw = jax.jit(lambda params: data.draw(source, jax.random.key(2), BATCH, params))
    n_on = [unpacked(draw(each).targets, 0).alive.sum() for each in (params, stops)]
    assert n_on[0] > n_on[1] == BATCH
