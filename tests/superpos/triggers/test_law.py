"""The loss of a baseline over compute, its inverse, and its fit."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpos.triggers import LossLaw, bootstrap, fit_law

LAW = LossLaw(irreducible=1.7, scale=3e4, exponent=0.3, most=1e9, fitted_to=1e7)
BUDGETS = 1e3 * 4.0 ** np.arange(7)


@pytest.mark.parametrize("compute", [1.0, 1e3, 1e6, 9.9e6])
def test_compute_is_the_inverse_of_the_loss(compute: float) -> None:
    assert LAW.loss(compute) == 1.7 + (3e4 / compute) ** 0.3
    found, extrapolated = LAW.compute(LAW.loss(compute))
    assert found == pytest.approx(compute, rel=1e-9) and not extrapolated


def test_what_is_beyond_the_fit_is_flagged_and_clipped() -> None:
    assert LAW.compute(LAW.loss(1.1e7)) == (pytest.approx(1.1e7), True)
    for loss in (1.7, 1.6, LAW.loss(1e10), -5.0):
        assert LAW.compute(loss) == (1e9, True)
    assert LAW.compute(1e300) == (0.0, False)


def test_the_bound_is_above_the_truth_for_19_of_20_noisy_losses() -> None:
    """One-sided, z = 1.645, for noise by which the logarithm of compute is all but linear."""
    noisy = LAW.loss(1e5) + 0.01 * np.random.default_rng(0).standard_normal(4000)
    above = np.mean([LAW.compute(loss, 0.01, 1.645)[0] >= 1e5 for loss in noisy])
    assert above == pytest.approx(0.95, abs=4 * math.sqrt(0.05 * 0.95 / 4000) + 0.005)


ABOVE = st.floats(0, exclude_min=True, allow_infinity=False)


@given(ABOVE, ABOVE, ABOVE, st.floats(0, 1e308), st.floats(allow_nan=False, allow_infinity=False))
def test_any_loss_is_read_off_any_law(scale, exponent, most, loss_se, loss) -> None:
    law = LossLaw(irreducible=0.0, scale=scale, exponent=exponent, most=most)
    assert 0 <= law.compute(loss, loss_se, 1.645)[0] <= most


@pytest.mark.parametrize(("irreducible", "exponent"), [(1.7, 0.3), (0.0, 0.5), (0.02, 1.5)])
def test_a_fit_finds_the_law_that_made_the_losses(irreducible: float, exponent: float) -> None:
    losses = irreducible + (3e4 / BUDGETS) ** exponent
    law = fit_law(BUDGETS, losses)
    assert law.irreducible == pytest.approx(irreducible, abs=1e-4 * losses.min())
    assert law.exponent == pytest.approx(exponent, rel=1e-3)
    assert law.scale == pytest.approx(3e4, rel=1e-2)
    assert (law.fitted_to, law.most) == (BUDGETS.max(), 100 * BUDGETS.max())


def test_an_interval_of_the_bootstrap_holds_the_truth() -> None:
    rng = np.random.default_rng(3)
    losses = (1.7 + (3e4 / BUDGETS) ** 0.3)[:, None] * (1 + 0.01 * rng.standard_normal((7, 8)))
    laws = bootstrap(BUDGETS, losses, n_draws=40, seed=0)
    low, high = np.quantile([law.compute(LAW.loss(1e5))[0] for law in laws], [0.025, 0.975])
    assert low < 1e5 < high < 3 * low


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"compute": BUDGETS[:3], "loss": [3.0, 2.0, 1.0]}, "compute: 3 budgets"),
        ({"loss": np.ones(6)}, "loss of shape"),
        ({"loss": np.full(7, np.nan)}, "loss: expected numbers"),
        ({"loss": np.arange(1.0, 8.0)}, "loss: expected one that falls"),
        ({"loss_se": np.zeros(7)}, "loss_se: expected numbers"),
        ({"reach": 0.5}, "reach=0.5: expected"),
    ],
)
def test_what_cannot_be_fitted_is_refused(arguments: dict[str, object], message: str) -> None:
    whole = {"compute": BUDGETS, "loss": 1.7 + (3e4 / BUDGETS) ** 0.3, **arguments}
    with pytest.raises(ValueError, match=f"^{message}"):
        fit_law(**whole)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["irreducible", "scale", "exponent", "most", "fitted_to"])
@pytest.mark.parametrize("value", [-1.0, math.nan])
def test_a_law_out_of_range_is_refused(name: str, value: float) -> None:
    whole = {"irreducible": 0.0, "scale": 1.0, "exponent": 1.0, "most": 1.0, name: value}
    with pytest.raises(ValueError, match=rf"^law\.{name}=.*: expected a number in"):
        LossLaw(**whole)
