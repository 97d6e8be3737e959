"""A learned update rule: by hand, and what training does to it."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments.optimisation import update_rule
from experiments.optimisation.amortised import amortised
from experiments.optimisation.families import FAMILIES
from experiments.optimisation.update_rule import SCALE, UpdateRuleParams, path_by_rule, unrolled
from superpos.arguments import ArgumentError
from superpos.models import MlpParams
from superpos.types import Batch, Source

C = np.float32([1, 0, 0.5, 1, 1])  # ½ (x² + y²/2) - x - y
A, B = np.diag([1, 0.5]), np.ones(2)
RNG = np.random.default_rng(0)
WEIGHTS = (RNG.normal(size=(4, 3)), 0.5 * RNG.normal(size=(3, 2)))
BIASES = (RNG.normal(size=3), RNG.normal(size=2))
PARAMS = UpdateRuleParams(
    rule=MlpParams(
        weights=tuple(jnp.float32(each) for each in WEIGHTS),
        biases=tuple(jnp.float32(each) for each in BIASES),
    )
)


def by_hand(n_steps):
    """Answers from 0, in float64, one coordinate at a time."""
    x, before, path = np.zeros(2), np.zeros(2), [np.zeros(2)]
    for t in range(n_steps):
        g = A @ x - B
        r = np.sqrt((g**2).sum() + (before**2).sum())
        e = np.zeros(2)
        for i in range(2):
            signals = np.array([g[i] / r, before[i] / r, np.log10(r), 1 / (1 + t)])
            hidden = np.maximum(signals @ WEIGHTS[0] + BIASES[0], 0)
            d, s = hidden @ WEIGHTS[1] + BIASES[1]
            e[i] = SCALE * r * d * np.exp(np.clip(s, -3, 3))
        x, before = x - e, e
        path.append(x)
    return np.array(path)


def test_the_rule_is_what_it_says():
    found, _, _ = run()
    np.testing.assert_allclose(found, by_hand(4), rtol=1e-4, atol=1e-5)


@functools.cache
def run():
    """The path, the loss and the answer of a model that is trained through 4 steps."""
    model = update_rule.update_rule(n_features=5, n_hidden=3, n_steps=4)
    batch = Batch(inputs=C[None], targets=jnp.zeros((1, 2)), factors=jnp.zeros((1, 0)))

    @jax.jit
    def all_of(params):
        path = path_by_rule(FAMILIES["quadratics"], params, 4, C, jnp.zeros(2))
        loss, _ = model.loss(params, (), batch, jax.random.key(0))
        return path, loss, model.apply(params, (), C).recon

    return all_of(PARAMS)


def test_its_loss_is_the_mean_value_of_the_steps_it_is_trained_through():
    _, found, answer = run()
    values = [x @ A @ x / 2 - B @ x for x in by_hand(4)[1:]]
    np.testing.assert_allclose(found, np.mean(values), rtol=1e-4)
    np.testing.assert_allclose(answer, by_hand(4)[-1], rtol=1e-4, atol=1e-5)


def test_it_is_measured_at_other_numbers_of_steps_than_it_is_trained_through():
    model = update_rule.update_rule(n_features=5, n_hidden=3, n_steps=1)
    source = of_one_problem(model)
    made = unrolled(model=model, source=source, doublings=4)
    found = jax.jit(made.measure)(PARAMS, (), jax.random.key(0))["unrolled_values"]
    path = by_hand(8)
    known = [x @ A @ x / 2 - B @ x for x in path[[0, 1, 2, 4, 8]]]
    np.testing.assert_allclose(found, [known], rtol=1e-4, atol=1e-5)


def test_other_models_are_refused():
    model = amortised(n_features=5, n_hidden=3)
    with pytest.raises(ArgumentError, match="^model: expected update_rule$"):
        unrolled(model=model, source=of_one_problem(model))


def of_one_problem(model):
    """A source that holds one problem out."""
    return Source(init=lambda _: (), sample=None, gives=model.takes, held_out=jnp.asarray(C[None]))
