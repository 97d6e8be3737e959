"""A variant is taken apart into a job for each combination of static values."""

import copy
from collections.abc import Mapping
from typing import Any

import pytest

from superpos.app.boundary import compose
from superpos.app.config import variant
from superpos.app.config.sweep_plan import ConfigError
from superpos.app.config.variant import Variant, bind_variant


@pytest.fixture(scope="module")
def plain() -> dict[str, Any]:
    return compose(["experiment=train"])


def bound(
    plain: Mapping[str, Any], sweep: Any = None, zipped: Any = (), points: Any = ()
) -> Variant:
    return bind_variant({**plain, "sweep": sweep or {}, "zipped": [*zipped], "points": [*points]})


def settings(found: Variant, *keys: str) -> list[tuple[Any, ...]]:
    return [tuple(job.spec[key] for key in keys) for job in found.plans]


def test_without_static_axes_there_is_one_job(plain: Mapping[str, Any]) -> None:
    found = bound(plain, {"data": {"density": [0.5, 1.0]}})
    [job] = found.plans
    assert found.static == ()
    assert job.axes == found.axes == {"data.density": [0.5, 1.0], "seed": [0]}


def test_a_static_axis_has_a_job_for_each_value(plain: Mapping[str, Any]) -> None:
    tree = {"model": {"n_hidden": [2, 3], "activation": ["relu", "linear"]}, "seed": {"range": 3}}
    found = bound(plain, tree)
    assert found.static == ("model.n_hidden", "model.activation")
    assert settings(found, "model.n_hidden", "model.activation") == [
        (2, "relu"), (2, "linear"), (3, "relu"), (3, "linear")
    ]  # fmt: skip
    assert all(job.axes == {"seed": [0, 1, 2]} for job in found.plans)
    assert found.axes["model.n_hidden"] == [2, 3]
    assert found.n_members == 2 * 2 * 3


def test_generators_and_one_value_are_static_axes_too(plain: Mapping[str, Any]) -> None:
    found = bound(plain, {"model": {"n_hidden": {"range": [2, 5]}}})
    assert settings(found, "model.n_hidden") == [(2,), (3,), (4,)]
    assert bound(plain, {"model": {"n_hidden": [7]}}).static == ("model.n_hidden",)


def test_what_is_an_axis_of_a_program_depends_on_the_kind(plain: Mapping[str, Any]) -> None:
    """Only sgd takes a momentum; the rest of adamw stays behind, but for the learning rate."""
    tree = {"optim": {"momentum": [0.5, 0.9], "kind": ["sgd"]}}
    [job] = bound(plain, tree).plans
    assert job.axes == {"optim.momentum": [0.5, 0.9], "seed": [0]}
    assert job.spec["optim.kind"] == "sgd"
    assert job.spec["optim.learning_rate"] == plain["optim"]["learning_rate"]
    assert "optim.weight_decay" not in job.spec


def test_an_axis_that_a_kind_does_not_take_is_refused_once(plain: Mapping[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        bound(plain, {"optim": {"momentum": [0.5], "kind": ["sgd", "adam", "adamw"]}})
    assert caught.value.problems == ["sweep.optim.momentum: unknown"]


def test_nulls_and_bools_are_static_values(plain: Mapping[str, Any]) -> None:
    tree = {"model": {"error": {"importance": [None]}, "bias": [True, False]}}
    keys = ("model.error.importance", "model.bias")
    assert settings(bound(plain, tree), *keys) == [(None, True), (None, False)]


def test_what_the_config_takes_from_a_value_follows_it() -> None:
    """But not where it is an axis itself, or another value was given for it."""
    cosine = compose(["experiment=train", "schedule=cosine", "fit.log_every=500"])
    found = bound(cosine, {"data": {"n_features": [4, 6]}, "fit": {"n_steps": [1000, 2000]}})
    keys = ("data.n_features", "model.n_features", "optim.schedule.n_steps")
    assert settings(found, *keys) == [(4, 4, 1000), (4, 4, 2000), (6, 6, 1000), (6, 6, 2000)]
    own = {"fit": {"n_steps": [1000, 2000]}, "optim": {"schedule": {"n_steps": [5]}}}
    assert settings(bound(cosine, own), "optim.schedule.n_steps") == [(5,), (5,)]


def test_zipped_axes_are_divided_among_the_jobs(plain: Mapping[str, Any]) -> None:
    tree = {
        "model": {"n_hidden": [2, 3, 2]},
        "optim": {"learning_rate": [0.1, 0.2, 0.3]},
        "seed": [4, 5, 6],
        "data": {"density": [0.5, 1.0]},
    }
    found = bound(plain, tree, [["model.n_hidden", "optim.learning_rate", "seed"]])
    first, second = found.plans
    assert first.axes == {
        "optim.learning_rate": [0.1, 0.3], "seed": [4, 6], "data.density": [0.5, 1.0]
    }  # fmt: skip
    assert first.zipped == [["optim.learning_rate", "seed"]]
    assert second.axes["seed"] == [5]
    assert (first.n_members, second.n_members, found.n_members) == (4, 2, 6)


def test_a_table_is_its_columns_zipped(plain: Mapping[str, Any]) -> None:
    rows = [
        {"model.n_hidden": 2, "optim": {"learning_rate": 0.1}, "seed": 4},
        {"seed": 5, "optim.learning_rate": 0.2, "model": {"n_hidden": 3}},
    ]
    tree = {"model": {"n_hidden": [2, 3]}, "optim": {"learning_rate": [0.1, 0.2]}, "seed": [4, 5]}
    zipped = [["model.n_hidden", "optim.learning_rate", "seed"]]
    table, lists = bound(plain, points=rows), bound(plain, tree, zipped)
    assert (table.axes, table.zipped, table.static) == (lists.axes, zipped, lists.static)
    assert [(j.axes, j.zipped, j.spec) for j in table.plans] == [
        (j.axes, j.zipped, j.spec) for j in lists.plans
    ]


def test_a_table_of_numbers_is_one_job_and_multiplies_with_the_axes(
    plain: Mapping[str, Any],
) -> None:
    rows = [{"data.density": 0.5, "optim.learning_rate": rate} for rate in (0.1, 0.2, 0.3)]
    found = bound(plain, {"seed": {"range": 4}}, points=rows)
    [job] = found.plans
    assert job.n_members == 3 * 4
    assert job.zipped == [["data.density", "optim.learning_rate"]]


def test_sizes_that_go_together_are_a_table(plain: Mapping[str, Any]) -> None:
    rows = [{"data.n_features": n, "model.n_features": n} for n in (5, 10)]
    assert settings(bound(plain, points=rows), "model.n_features") == [(5,), (10,)]


def test_the_config_is_left_as_it_was(plain: Mapping[str, Any]) -> None:
    before = copy.deepcopy(plain)
    bound(plain, {"optim": {"kind": ["sgd", "adam"]}, "model": {"n_hidden": [2, 3]}})
    assert plain == before


def test_too_many_programs_are_refused(
    plain: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(variant, "MOST_PROGRAMS", 3)
    assert len(bound(plain, {"model": {"n_hidden": [1, 2, 3]}}).plans) == 3
    with pytest.raises(
        ConfigError, match="more than 3 programs, one for each combination of model"
    ):
        bound(plain, {"model": {"n_hidden": [1, 2], "bias": [True, False]}})


def test_more_members_than_can_be_held_are_refused(plain: Mapping[str, Any]) -> None:
    tree = {"model": {"n_hidden": [1, 2, 3]}, "seed": {"range": 2_000_000}}
    with pytest.raises(ConfigError) as caught:
        bound(plain, tree)
    assert caught.value.problems == [
        "sweep: 6,000,000 members, expected at most 4,000,000 in one sweep"
    ]
