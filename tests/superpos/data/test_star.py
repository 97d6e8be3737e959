"""A star of correlations, against the bivariate normal distribution."""

import pytest

from superpos.arguments import ArgumentError
from superpos.data import correlated_star
from tests.superpos.data.laws import drawn, rate_is
from tests.superpos.data.test_copula import both_on

N = 60_000


@pytest.mark.parametrize("correlation", [-0.5, -0.4, 0.0, 0.4, 0.5])
def test_only_the_first_feature_is_correlated(correlation: float) -> None:
    """At the ends, for five features, the matrix is singular."""
    on = drawn(correlated_star(n_features=5, density=0.4, correlation=correlation), N) != 0
    for i in range(5):
        assert rate_is(on[:, i], 0.4)
        for j in range(i):
            assert rate_is(on[:, i] & on[:, j], both_on(0.4, 0.4, 0.0 if j else correlation))


@pytest.mark.parametrize(("correlation", "binary"), [(0.4, 0.259), (-0.4, -0.251)])
def test_of_on_and_off_the_correlation_is_smaller(correlation: float, binary: float) -> None:
    together = both_on(0.4, 0.4, correlation)
    assert (together - 0.16) / 0.24 == pytest.approx(binary, abs=6e-4)


def test_a_correlation_that_cannot_be_is_refused() -> None:
    with pytest.raises(ArgumentError) as refusal:
        correlated_star(n_features=5, density=0.4, correlation=-0.51)
    line = "correlation=-0.51: expected at most 0.5 in size, with n_features=5"
    assert str(refusal.value) == line
