"""A parent and children of several probabilities."""

import pytest

from superpos.arguments import ArgumentError
from superpos.data import family
from tests.superpos.data.laws import drawn, is_uniform, rate_is

N = 60_000


def test_children_come_with_their_parent_and_independently() -> None:
    source = family(n_features=4, density=0.25, with_parent=[0.02, 0.15, 0.5])
    values = drawn(source, N)
    on = values != 0
    assert rate_is(on[:, 0], 0.25)
    for child, p in enumerate([0.02, 0.15, 0.5], start=1):
        assert rate_is(on[:, child], 0.25 * p)
        assert (on[:, child] <= on[:, 0]).all()
        assert is_uniform(values[on[:, child], child])
    assert rate_is(on[:, 2] & on[:, 3], 0.25 * 0.15 * 0.5)


def test_a_child_may_come_without_its_parent_more_often_than_with_it() -> None:
    on = drawn(family(n_features=2, density=0.25, with_parent=[0.1], without_parent=0.2), N) != 0
    assert rate_is(on[on[:, 0], 1], 0.1)
    assert rate_is(on[~on[:, 0], 1], 0.2)


def test_a_probability_of_zero_or_one_is_exact() -> None:
    on = drawn(family(n_features=3, density=0.5, with_parent=[0.0, 1.0]), 1000) != 0
    assert not on[:, 1].any()
    assert (on[:, 2] == on[:, 0]).all()


def test_another_number_of_children_is_refused() -> None:
    with pytest.raises(ArgumentError, match="^with_parent has 1 values: expected n_features - 1 ="):
        family(n_features=3, density=0.5, with_parent=[0.1])
    with pytest.raises(ArgumentError, match=r"^with_parent.0=1.5: expected a number in \[0, 1\]$"):
        family(n_features=2, density=0.5, with_parent=[1.5])
