"""A plain config becomes a checked job, or one line per problem."""

import copy
from collections.abc import Mapping
from typing import Any

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.app.config.sweep_plan import ConfigError, bind_plan
from superpos.app.config.varying import axis_hint
from superpos.engine.validity import valid_points
from superpos.store.grid import make_grid
from superpos.types import FitSpec

COSINE = {"kind": "cosine", "n_steps": 6, "warmup_steps": 0, "final": 0.0}
CONFIG: dict[str, Any] = {
    "data": {"kind": "sparse_uniform", "n_features": 3, "density": 0.5},
    "model": {
        "kind": "autoencoder",
        "n_features": 3,
        "n_hidden": 2,
        "importance_decay": 0.9,
        "activation": "relu",
        "init": {"kind": "glorot", "init_scale": 1.0},
        "error": {"kind": "squared", "importance": [1.0, 1.0, 1.0]},
    },
    "optim": {
        "kind": "adamw",
        "learning_rate": 0.01,
        "weight_decay": 0.0,
        "b1": 0.9,
        "b2": 0.999,
        "eps": 1e-8,
        "schedule": COSINE,
    },
    "evaluations": {"loss": {"batch_size": 8}, "superposition": {}},
    "assets": {},
    "fit": {"n_steps": 6, "batch_size": 4, "log_every": 3, "updates_per_draw": 1},
    "seed": 0,
    "sweep": {"seed": None, "data": {"density": None}},
    "zipped": [],
    "engine": {"kernel": "xla"},
}


def config(changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The config with values at dotted keys; an element of a list by its index."""
    changed = copy.deepcopy(CONFIG)
    for key, value in (changes or {}).items():
        *path, name = key.split(".")
        node = changed
        for part in path:
            if node.get(part) is None:
                node[part] = {}
            node = node[part]
        node[name] = value
    return changed


def problems(changes: Mapping[str, Any]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        bind_plan(config(changes))
    assert str(caught.value) == "\n".join(caught.value.problems)
    assert not any("\n" in problem for problem in caught.value.problems)
    return caught.value.problems


def with_sweep(tree: Mapping[str, Any], zipped: Any = ()) -> dict[str, Any]:
    return {"sweep": tree, "zipped": [list(group) for group in zipped]}


# What is bound


def test_a_config_without_axes_is_one_member_of_its_seed() -> None:
    job = bind_plan(config({"seed": 7}))
    assert job.axes == {"seed": [7]}
    assert job.n_members == 1
    assert job.fit == FitSpec(n_steps=6, batch_size=4, log_every=3)


def test_a_swept_seed_takes_the_place_of_the_seed() -> None:
    job = bind_plan(config({"seed": 7, **with_sweep({"seed": {"range": 3}})}))
    assert job.axes == {"seed": [0, 1, 2]}


def test_axes_multiply_in_written_order() -> None:
    tree = {
        "optim": {"learning_rate": [0.1, 0.2]},
        "data": {"density": {"linspace": [0.5, 1.0, 3]}},
        "seed": {"range": 5},
    }
    job = bind_plan(config(with_sweep(tree)))
    assert list(job.axes) == ["optim.learning_rate", "data.density", "seed"]
    assert job.axes["data.density"] == [0.5, 0.75, 1.0]
    assert job.n_members == 2 * 3 * 5


def test_zipped_axes_count_once() -> None:
    tree = {"data": {"density": [0.1, 0.2]}, "optim": {"learning_rate": [0.1, 0.2]}}
    job = bind_plan(config(with_sweep(tree, [["data.density", "optim.learning_rate"]])))
    assert job.zipped == [["data.density", "optim.learning_rate"]]
    assert job.n_members == 2


def test_spec_holds_every_setting_but_the_axes() -> None:
    tree = {"data": {"density": [0.1, 0.2]}, "model": {"error": {"importance": {"2": [0.5]}}}}
    spec = bind_plan(config(with_sweep(tree))).spec
    assert "data.density" not in spec
    assert spec["data.n_features"] == 3
    assert spec["data.kind"] == "sparse_uniform"
    assert spec["model.activation"] == "relu"
    assert spec["optim.schedule.kind"] == "cosine"
    assert spec["fit.n_steps"] == 6
    assert {key.split(".")[0] for key in spec} == {"data", "model", "optim", "evaluations", "fit"}


def test_binding_does_not_change_the_config() -> None:
    given = config(with_sweep({"model": {"error": {"importance": {"2": [0.5, 2.0]}}}}))
    before = copy.deepcopy(given)
    job = bind_plan(given)
    job.build({"model.error.importance.2": jnp.float32(3.0)})
    assert given == before


def trained_with(changes: Mapping[str, Any], point: Mapping[str, float]) -> Any:
    """Parameters and loss after a run, with the values of a point."""
    build = bind_plan(config(changes)).build
    run = build({key: jnp.float32(value) for key, value in point.items()})
    carry, first = jax.jit(run.advance)(run.init(jax.random.key(0)))
    return carry.params, first["loss"]


@pytest.mark.slow
def test_a_point_of_the_axes_is_the_run_with_those_settings() -> None:
    """One axis of each kind: a number, an element of a list, a number of a nested component."""
    tree = {
        "data": {"density": [0.2, 0.9]},
        "model": {"error": {"importance": {"2": [0.3, 0.9]}}},
        "optim": {"schedule": {"final": [0.4, 0.9]}},
    }
    point = {"data.density": 0.2, "model.error.importance.2": 0.3, "optim.schedule.final": 0.4}
    settings = {
        "data.density": 0.2,
        "model.error.importance": [1.0, 1.0, 0.3],
        "optim.schedule.final": 0.4,
    }
    swept = trained_with(with_sweep(tree), point)
    chex.assert_trees_all_close(swept, trained_with(settings, {}), rtol=1e-5, atol=1e-7)


# What is refused


def test_several_problems_are_listed_at_once() -> None:
    found = problems(
        {
            "data.density": 0,
            "model.n_hidden": 0,
            "model.activation": "rele",
            "optim.learning_rate": -1,
            "optim.schedule.final": 7,
            "evaluations.loss.batch_size": 1.5,
            "seed": -1,
            "fit.n_steps": 1e4,
            **with_sweep({"data": {"density": [0.1, 3]}, "model": {"n_hidden": [1]}}),
        }
    )
    assert [problem.split(":")[0].split("=")[0] for problem in found] == [
        "data.density",
        "model.n_hidden",
        "model.activation",
        "optim.learning_rate",
        "optim.schedule.final",
        "evaluations.loss.batch_size",
        "seed",
        "fit.n_steps",
        "sweep.data.density",
        "sweep.model.n_hidden",
    ]


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, 1.0, "abc", None, True])
def test_bad_seed_is_one_problem(seed: Any) -> None:
    assert problems({"seed": seed}) == [f"seed={seed!r}: expected an integer in [0, 4294967295]"]


@pytest.mark.parametrize("key", ["model.n_hidden", "optim.kind", "fit.n_steps"])
def test_static_axis_is_no_axis_of_one_program(key: str) -> None:
    problem = f"sweep.{key}: static, expected an input of one program"
    assert problems({f"sweep.{key}": [1, 2]}) == [problem]


@pytest.mark.parametrize(
    ("key", "static"),
    [
        *((key, True) for key in ("model.n_hidden", "model.activation", "model.error.importance")),
        *((key, True) for key in ("data.n_features", "data.kind", "fit.batch_size")),
        *((key, True) for key in ("optim.schedule.warmup_steps", "optim.schedule.kind")),
        *((key, False) for key in ("seed", "data.density", "model.error.importance.2")),
        *((key, False) for key in ("optim.schedule.final", "optim.learning_rate")),
    ],
)
def test_what_is_typed_scalar_is_an_axis_of_one_program(key: str, static: bool) -> None:
    assert (axis_hint(config(), key) is None) is static


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("data.densty", "unknown; did you mean density?"),
        ("optim.learning_rates", "unknown; did you mean learning_rate?"),
        ("optim.schedule.fin", "unknown; did you mean final?"),
        ("evaluations.loss.modle", "unknown; did you mean model?"),
        ("evaluations.nothing.batch_size", "unknown, expected seed or a key of the config"),
        ("analysis.kind", "unknown"),
        ("foo", "unknown, expected seed or a key of the config"),
        ("title", "unknown, expected seed or a key of the config"),
        ("0", "unknown, expected seed or a key of the config"),
        ("foo.bar", "unknown, expected seed or a key of the config"),
        ("data.density.foo", "unknown, expected seed or a key of the config"),
        ("seed.foo", "unknown, expected seed or a key of the config"),
        ("fit.n_stepz", "unknown; did you mean n_steps?"),
        ("model.n_hiden", "unknown; did you mean n_hidden?"),
        ("model.error.importance.3", "model.error.importance has no element 3"),
        ("data.density.0", "data.density has no element 0"),
        ("model.init.draw", "unknown"),
        ("model.regularisers.noise_scale", "unknown, expected seed or a key of the config"),
        ("model.regularisers.noise.noise_scale", "unknown, expected seed or a key of the config"),
    ],
)
def test_unknown_axis_is_refused(key: str, problem: str) -> None:
    given = config({f"sweep.{key}": [0.5]} if not key.startswith("data.density.") else {})
    if key.startswith("data.density."):
        given["sweep"] = {"data": {"density": {key.rpartition(".")[2]: [0.5]}}}
    given["analysis"] = {"kind": "train"}
    with pytest.raises(ConfigError) as caught:
        bind_plan(given)
    [found] = caught.value.problems
    assert found.startswith(f"sweep.{key}: {problem}")


def test_element_of_a_list_that_is_null_is_refused() -> None:
    changes = {"model.error.importance": None, "sweep.model.error.importance.2": [0.5]}
    assert problems(changes) == [
        "sweep.model.error.importance.2: model.error.importance has no element 2"
    ]


@pytest.mark.parametrize(
    ("key", "axis", "problem"),
    [
        ("data.density", [], "sweep.data.density=[]: empty axis"),
        ("data.density", {"range": 0}, "sweep.data.density={'range': 0}: empty axis"),
        ("data.density", [0.1, 0], "sweep.data.density=0: expected a number in (0, 1]"),
        ("data.density", [2, 3, 4], "sweep.data.density=2: expected a number in (0, 1]"),
        ("data.density", [0.1, 0.1], "sweep.data.density: [0.1"),
        ("data.density", ["a"], "sweep.data.density='a': expected a number in (0, 1]"),
        ("data.density", [None], "sweep.data.density=None: expected a number in (0, 1]"),
        ("data.density", [True], "sweep.data.density=True: expected a number in (0, 1]"),
        ("data.density", [[0.1]], "sweep.data.density=[0.1]: expected a number in (0, 1]"),
        ("data.density", [0.5, float("nan")], "sweep.data.density=nan: expected a number in"),
        ("seed", [0.0], "sweep.seed=0.0: expected an integer in [0, 4294967295]"),
        ("seed", [3, 3], "sweep.seed: [3] appears twice, expected distinct values"),
        ("seed", {"range": [-2, 0]}, "sweep.seed=-2: expected an integer in [0, 4294967295]"),
        (
            "model.error.importance.0",
            [-1],
            "sweep.model.error.importance.0=-1: expected a number in [0, inf)",
        ),
    ],
)
def test_bad_values_of_an_axis_are_one_problem(key: str, axis: Any, problem: str) -> None:
    [found] = problems({f"sweep.{key}": axis})
    assert found.startswith(problem)


def test_values_that_are_equal_in_float32_are_refused() -> None:
    [found] = problems({"sweep.data.density": [0.1, 0.1 + 1e-12]})
    assert found.startswith("sweep.data.density: [0.1")
    assert found.endswith("appears twice, expected distinct values")


def test_more_members_than_can_be_held_are_refused() -> None:
    tree = {"seed": {"range": 3000}, "data": {"density": {"linspace": [0.1, 1, 3000]}}}
    [found] = problems({"sweep": tree})
    assert found == "sweep: 9,000,000 members, expected at most 4,000,000 in one sweep"


@pytest.mark.parametrize(
    ("zipped", "words"),
    [
        ([["data.density", "optim.learning_rate"]], ["density has 2", "learning_rate has 3"]),
        ([["data.density", "seed"]], ["data.density has 2", "seed has 1"]),
        ([["data.density", "foo"]], ["foo", "expected names of axes"]),
        ([["data.density", "data.density"]], ["data.density"]),
        (
            [["data.density", "model.init.init_scale"], ["model.init.init_scale", "data.density"]],
            ["data.density", "model.init.init_scale"],
        ),
        ([[]], ["[]"]),
        (["data.density"], ["data.density", "expected"]),
        ("abc", ["abc", "expected"]),
        (None, ["None", "expected"]),
        (3, ["3", "expected"]),
    ],
)
def test_bad_zipped_is_one_problem(zipped: Any, words: list[str]) -> None:
    tree = {
        "data": {"density": [0.1, 0.2]},
        "optim": {"learning_rate": [1, 2, 3]},
        "model": {"init": {"init_scale": [1, 2]}},
    }
    [found] = problems({"sweep": tree, "zipped": zipped})
    assert found.startswith("zipped")
    assert all(word in found for word in words)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"fit.n_stepz": 3}, "fit.n_stepz: unknown; did you mean n_steps?"),
        ({"fit.log_every": 4}, "fit.log_every=4: expected a divisor of n_steps=6"),
        ({"fit.n_steps": True}, "fit.n_steps=True: expected an integer"),
        ({"fit.batch_size": 0}, "fit.batch_size=0: expected an integer in [1, 2147483647]"),
        ({"fit": {"n_steps": 6, "batch_size": 4}}, "fit.log_every: missing"),
        ({"fit": None}, "fit=None: expected"),
        ({"fit": [1]}, "fit=[1]: expected"),
        ({"sweep": None}, "sweep=None: expected"),
        ({"sweep": [1]}, "sweep=[1]: expected"),
        ({"sweep": "abc"}, "sweep='abc': expected"),
        ({"data": None}, "data=None: expected a component with a kind"),
        (
            {"data.kind": "dense"},
            "data.kind='dense': expected one of activations, ",
        ),
        ({"optim": {"kind": "sgd"}}, "optim.learning_rate: missing"),
        ({"model.error.importance": [0, 0, 0]}, "model.error.importance: all zero"),
        (
            {"model.error.importance": [1, 1]},
            "model.error.importance has 2 values: expected n_features=3",
        ),
        ({"model.importance_decay": 1e30}, "model.importance_decay=1e+30: expected"),
        ({"optim.schedule.warmup_steps": 6}, "optim.schedule.warmup_steps=6: expected fewer than"),
        ({"model.n_features": 4, "model.error.importance": None}, "model.n_features=4: expected"),
    ],
)
def test_bad_config_is_one_problem(changes: dict[str, Any], problem: str) -> None:
    [found] = problems(changes)
    assert found.startswith(problem)


def test_a_bad_kind_is_still_one_problem_when_its_axis_is_swept() -> None:
    changes = {"data.kind": "dense", "sweep.data.density": [0.1]}
    assert any(line.startswith("data.kind='dense': expected one of ") for line in problems(changes))


@pytest.mark.parametrize("decay", [1e25, 1e30])
def test_end_of_an_axis_that_overflows_is_refused(decay: float) -> None:
    [found] = problems({"sweep.model.importance_decay": [0.5, decay]})
    assert found.startswith(f"model.importance_decay={decay}: expected")


def test_swept_importances_that_are_all_zero_are_refused() -> None:
    changes = {
        "model.error.importance": [0.0, 0.0, 1.0],
        "sweep.model.error.importance.2": [0.0, 1.0],
    }
    [found] = problems(changes)
    assert "importance: all zero" in found


def test_two_axes_whose_ends_only_fail_together_are_bound() -> None:
    """One point of the grid is all zero; its members will be of status invalid."""
    changes = {
        "model.error.importance": [0.0, 1.0, 1.0],
        "sweep.model.error.importance.1": [0.0, 1.0],
        "sweep.model.error.importance.2": [0.0, 1.0],
    }
    plan = bind_plan(config(changes))
    valid = valid_points(plan.build, make_grid(plan.axes).points)
    assert plan.n_members == 4
    assert np.flatnonzero(~valid).tolist() == [0]


def test_zipped_axes_are_tried_only_at_points_of_the_grid() -> None:
    changes = {
        "model.error.importance": [0.0, 0.0, 1.0],
        "sweep.model.error.importance": {"1": [0.0, 1.0], "2": [1.0, 0.0]},
        "zipped": [["model.error.importance.1", "model.error.importance.2"]],
    }
    assert bind_plan(config(changes)).n_members == 2
