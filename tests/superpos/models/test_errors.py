"""Errors against NumPy in float64, and what they refuse. How models use them: test_options.py."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.models.errors import power, squared

N, BATCH = 4, 6
RNG = np.random.default_rng(0)
RECON, TARGET = RNG.normal(size=(N, BATCH)), RNG.normal(size=(N, BATCH))
GIVEN = [2.0, 0.0, 1.0, 0.5]
RANKS, PLACES = np.arange(1, N + 1), np.arange(N)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, 0.9**PLACES),
        ({"importance_power": 0.0}, 0.9**PLACES),
        ({"importance_power": 1.5}, 0.9**PLACES * RANKS**-1.5),
        ({"importance": GIVEN}, 0.9**PLACES * GIVEN),
        ({"importance": GIVEN, "importance_power": 2.0}, 0.9**PLACES * GIVEN / RANKS**2),
    ],
)
def test_importances_multiply_the_decay_of_the_model(arguments: Any, expected: np.ndarray) -> None:
    for error in (squared(**arguments), power(loss_exponent=3.0, **arguments)):
        np.testing.assert_allclose(error.weights(N, 0.9)(), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("error", "q"), [(squared(), 2), (power(loss_exponent=1.0), 1), (power(loss_exponent=3.5), 3.5)]
)
def test_the_mean_is_over_the_batch_and_the_sum_over_features(error: Any, q: float) -> None:
    expected = (np.array(GIVEN)[:, None] * np.abs(TARGET - RECON) ** q).sum(0).mean()
    arrays = (jnp.float32(array) for array in (RECON, TARGET, GIVEN))
    np.testing.assert_allclose(error.mean(*arrays), expected, rtol=1e-5)
    assert error.reduction == "mean"


@pytest.mark.parametrize("importance", [None, GIVEN])
def test_columns_are_the_weighted_mean(importance: Any) -> None:
    error = squared(importance=importance)
    assert error.columns is not None
    weights = 0.9**PLACES * (1.0 if importance is None else np.array(importance))
    expected = (weights[:, None] * (TARGET - RECON) ** 2).sum(0).mean()
    recon, target = ([jnp.float32(row) for row in rows] for rows in (RECON, TARGET))
    np.testing.assert_allclose(error.columns(iter(recon), target, 0.9), expected, rtol=1e-5)
    with pytest.raises(ValueError, match="zip"):
        error.columns(recon[1:], target, 0.9)


def test_only_the_plain_mean_has_columns() -> None:
    others = [squared(importance_power=1.0), squared(reduction="sum"), power(loss_exponent=2.0)]
    assert [error.columns for error in others] == [None] * 3


def test_each_number_can_be_swept() -> None:
    def value(q: Any, a: Any, w: Any) -> jax.Array:
        error = power(loss_exponent=q, importance_power=a, importance=[1.0, w, 1.0, 1.0])
        return error.mean(jnp.float32(RECON), jnp.float32(TARGET), error.weights(N, 1.0)())

    rows = np.float32([[1.5, 0.5, 2.0], [3.0, 1.0, 0.0]])
    swept = jax.vmap(value)(*rows.T)
    np.testing.assert_allclose(swept, [value(*map(float, row)) for row in rows], rtol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"importance": [1, 2, 3, -5]}, "importance.3=-5: expected a number in [0, inf)"),
        ({"importance": 1.0}, "importance=1.0: expected a list of numbers in [0, inf)"),
        ({"importance_power": -1}, "importance_power=-1: expected a number in [0, inf)"),
        ({"reduction": "median"}, "reduction='median': expected one of mean, sum"),
        ({"loss_exponent": 0.5}, "loss_exponent=0.5: expected a number in [1, inf)"),
    ],
)
def test_bad_arguments_are_refused(arguments: Any, message: str) -> None:
    with pytest.raises(ArgumentError) as refusal:
        power(**({"loss_exponent": 2.0} | arguments))
    assert str(refusal.value).startswith(message)
