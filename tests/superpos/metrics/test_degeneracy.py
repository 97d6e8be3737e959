"""The local learning coefficient of minima whose coefficient is known."""

import numpy as np
import pytest

from superpos.metrics import local_learning_coefficient, share_below

B = 1000.0


def draws(power, n_parameters, rng):
    """Losses Σ|w|^power + 0.3 of exact draws from exp(-B Σ|w|^power)."""
    # |w|^power is Gamma(1/power) / B.
    return 0.3 + rng.gamma(1 / power, size=(4, 100_000, n_parameters)).sum(-1) / B


@pytest.mark.parametrize(("power", "n_parameters"), [(2, 3), (4, 3), (6, 1)])
def test_it_is_the_number_of_parameters_over_the_power(power, n_parameters):
    """Half the parameters for a quadratic minimum, and less where the minimum is flatter."""
    losses = draws(power, n_parameters, np.random.default_rng(0))
    found = local_learning_coefficient(losses, np.full(4, 0.3), inverse_temperature=B)
    np.testing.assert_allclose(found, n_parameters / power, rtol=0.03)


def test_draws_below_the_minimum_are_counted():
    losses = np.array([[0.1, 0.2, 0.3, 0.4], [1.0, 1.0, 1.0, 1.0]])
    np.testing.assert_allclose(share_below(losses, np.array([0.3, 1.0])), [0.5, 0.0])


def test_leading_dimensions_are_kept():
    losses = np.random.default_rng(1).gamma(2.0, size=(2, 3, 5))
    reference = losses.mean(-1)
    found = local_learning_coefficient(losses, reference - 0.5, inverse_temperature=2.0)
    np.testing.assert_allclose(found, np.ones((2, 3)), rtol=1e-5)
    shares = share_below(losses, reference)
    np.testing.assert_allclose(shares, (losses < reference[..., None]).mean(-1))
