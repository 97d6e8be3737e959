"""Axes as written in a config become lists of values, or one line that says why not."""

from typing import Any

import numpy as np
import pytest

from superpos.app.config.axes import GENERATORS, USAGE, expand, flat_axes
from superpos.arguments import ArgumentError


@pytest.mark.parametrize(
    ("node", "values"),
    [
        ([0.1, 0.2], [0.1, 0.2]),
        ([3], [3]),
        ({"choice": [0.3, 0.1]}, [0.3, 0.1]),
        ([{"range": 3}], [0, 1, 2]),
        ([7, {"range": 2}, 9, {"choice": [4]}], [7, 0, 1, 9, 4]),
        ([{"range": 0}, 3], [3]),
        ({"range": 3}, [0, 1, 2]),
        ({"range": [3]}, [0, 1, 2]),
        ({"range": [2, 5]}, [2, 3, 4]),
        ({"range": [5, 0, -2]}, [5, 3, 1]),
        ({"linspace": [0.0, 1.0, 5]}, [0.0, 0.25, 0.5, 0.75, 1.0]),
        ({"linspace": [1, 0, 3]}, [1.0, 0.5, 0.0]),
        ({"linspace": [2, 9, 1]}, [2.0]),
        ({"linspace": {"start": 0, "stop": 1, "num": 3}}, [0.0, 0.5, 1.0]),
        ({"linspace": {"num": 3, "stop": 1, "start": 0}}, [0.0, 0.5, 1.0]),
        ({"logspace": [0.01, 1.0, 3]}, [0.01, 0.1, 1.0]),
        ({"logspace": [100, 1, 3]}, [100.0, 10.0, 1.0]),
        ({"logspace": {"start": 1, "stop": 8, "num": 4}}, [1.0, 2.0, 4.0, 8.0]),
    ],
)
def test_values_of_an_axis(node: Any, values: list[float]) -> None:
    expanded = expand("data.density", node)
    np.testing.assert_allclose(expanded, values, rtol=1e-12)
    assert [type(value) for value in expanded] == [type(value) for value in values]


def test_ends_of_a_generated_axis_are_exact() -> None:
    for name in ("linspace", "logspace"):
        values = expand("data.density", {name: [0.07, 0.9, 13]})
        assert (values[0], values[-1], len(values)) == (0.07, 0.9, 13)


@pytest.mark.parametrize(
    "node",
    [[], {"range": 0}, {"range": [0, 0]}, {"choice": []}, {"linspace": [0, 1, 0]}, [{"range": 0}]],
)
def test_empty_axis_is_refused(node: Any) -> None:
    with pytest.raises(ArgumentError) as caught:
        expand("data.density", node)
    assert str(caught.value) == (
        f"sweep.data.density={node!r}: empty axis, expected one or more values"
    )


@pytest.mark.parametrize("node", [0.5, 3, "abc", True, (1, 2)])
def test_axis_that_is_no_list_is_refused(node: Any) -> None:
    with pytest.raises(ArgumentError) as caught:
        expand("seed", node)
    assert str(caught.value) == f"sweep.seed={node!r}: expected a list or a generator"


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        *[("linspace", bad) for bad in ([0, 1], [0, 1, 2, 3], 3, "abc", None, [0, 1, 2.5])],
        *[("linspace", bad) for bad in ([0, 1, -1], [0, "a", 2], [0, float("nan"), 2], {})],
        *[("linspace", [0, bad, 2]) for bad in (float("inf"), None, [1])],
        ("linspace", {"start": 0, "stop": 1}),
        ("linspace", {"start": 0, "stp": 1, "num": 2}),
        ("linspace", {"start": 0, "stop": 1, "num": 2, "base": 3}),
        ("logspace", [0, 1, 3]),
        ("logspace", [1, -1, 3]),
        ("logspace", [1, 10]),
        ("logspace", [1, 10, 2.0]),
        *[("range", bad) for bad in (1.5, "abc", None, [], [1, 2, 3, 4], [0, 1.0], [0, 9, 0])],
        *[("range", bad) for bad in ({"start": 0}, True)],
        *[("choice", bad) for bad in (3, "abc", {"a": 1}, None)],
    ],
)
def test_bad_generator_is_refused_with_its_usage(name: str, arguments: Any) -> None:
    message = f"sweep.data.density.{name}={arguments!r}: expected {USAGE[name]}"
    for node in ({name: arguments}, [0.5, {name: arguments}]):
        with pytest.raises(ArgumentError) as caught:
            expand("data.density", node)
        assert str(caught.value) == message


def test_every_generator_says_how_it_is_used() -> None:
    assert set(USAGE) == set(GENERATORS) == {"linspace", "logspace", "range", "choice"}


def test_unknown_generator_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ArgumentError) as caught:
        expand("seed", {"rnge": 3})
    message = (
        "sweep.seed.rnge: unknown, expected a list or one of linspace, logspace, range, choice"
    )
    assert str(caught.value) == message


def test_two_generators_at_once_are_refused() -> None:
    with pytest.raises(ArgumentError, match=r"^sweep\.seed=\{.*\}: expected one generator$"):
        expand("seed", {"range": 3, "choice": [1]})


def test_flat_axes_walks_the_tree_in_written_order() -> None:
    tree = {
        "seed": {"range": 3},
        "data": {"density": [0.1]},
        "model": {"importance": {"2": {"logspace": [1, 2, 3]}, "0": [1]}},
        "optim": {"learning_rate": None, "schedule": {"final": [0.1, 0.2]}},
    }
    assert list(flat_axes(tree)) == [
        ("seed", {"range": 3}),
        ("data.density", [0.1]),
        ("model.importance.2", {"logspace": [1, 2, 3]}),
        ("model.importance.0", [1]),
        ("optim.schedule.final", [0.1, 0.2]),
    ]


def test_flat_axes_takes_an_index_that_yaml_read_as_a_number() -> None:
    assert list(flat_axes({"model": {"importance": {2: [1.0]}}})) == [("model.importance.2", [1.0])]


def test_flat_axes_leaves_out_what_is_null() -> None:
    assert list(flat_axes({"seed": None, "data": None, "model": {"init_scale": None}})) == []


@pytest.mark.parametrize(
    "node",
    [
        {"range": 10**10},
        {"range": 10**30},
        {"linspace": [0.1, 1, 10**12]},
        {"logspace": [0.1, 1, 10**12]},
        [{"range": 3_000_000}, {"range": [3_000_000, 6_000_000]}],
    ],
)
def test_values_are_counted_before_they_are_made(node: Any) -> None:
    with pytest.raises(ArgumentError, match=r"^sweep\.seed.*: expected at most 4,000,000 values$"):
        expand("seed", node)
