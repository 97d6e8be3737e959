"""A component of a config is checked against the signature of its factory, then called."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import components, data, models
from superpos.arguments import ArgumentError, Count, Density
from superpos.components import problem_of
from superpos.types import Batch, Source
from tests.components import EVERYTHING

SUPPLIED = ("model", "source", "datasets", "folder", "examples")

ADAM = {"kind": "adam", "learning_rate": 0.1, "b1": 0.9, "b2": 0.99, "eps": 1e-8}
COSINE = {"kind": "cosine", "n_steps": 10, "warmup_steps": 0, "final": 0.0}
SPARSE = {"kind": "sparse_uniform", "n_features": 3, "density": 0.5}
TIED = {"kind": "autoencoder", "n_features": 2, "n_hidden": 2}
SOURCES = ", ".join(EVERYTHING["data"])
TAKES_SPARSE = (
    "data sparse_uniform takes n_features, n_used, density, densities, density_power, n_active,"
    " magnitude"
)
TAKES_ADAM = "optim adam takes learning_rate, b1, b2, eps, schedule"


def check(group: str, node: Any) -> list[str]:
    return components.check(EVERYTHING, group, node, group, SUPPLIED)


def construct(group: str, node: Any, **supplied: Any) -> Any:
    return components.construct(EVERYTHING, group, node, supplied=supplied)


@pytest.mark.parametrize(
    ("group", "node"),
    [
        ("data", SPARSE),
        ("optim", ADAM),
        ("optim", {**ADAM, "schedule": COSINE}),
        ("optim", {**ADAM, "schedule": None}),
        ("model", {**TIED, "init": None, "error": None, "regularisers": None}),
        ("model", {**TIED, "error": {"kind": "squared", "importance": [0, 1]}}),
        ("model", {**TIED, "init": {"kind": "rotated", "draw": 1, "init": {"kind": "unit"}}}),
        ("model", {**TIED, "regularisers": {}}),
        ("model", {**TIED, "regularisers": {"noise": {"noise_scale": 0.1}, "l1_code": None}}),
        ("evaluation", {"kind": "loss", "batch_size": 8}),
        ("data", {"kind": "examples", "n_features": 3}),
        ("analysis", {"kind": "train"}),
    ],
)
def test_sound_component_has_no_problems(group: str, node: Any) -> None:
    assert check(group, node) == []


@pytest.mark.parametrize(
    ("group", "node", "problems"),
    [
        ("data", None, ["data=None: expected a component with a kind"]),
        ("data", 3, ["data=3: expected a component with a kind"]),
        ("data", {"density": 1}, ["data={'density': 1}: expected a component with a kind"]),
        ("data", {"kind": "abc"}, [f"data.kind='abc': expected one of {SOURCES}"]),
        ("data", {"kind": None}, [f"data.kind=None: expected one of {SOURCES}"]),
        ("data", {"kind": 3}, [f"data.kind=3: expected one of {SOURCES}"]),
        (
            "optim",
            {"kind": "adamm"},
            [
                "optim.kind='adamm': expected one of adam, adamw, balanced_sgd, gram_sgd, lamb,"
                " muon, row_adam, sae_adam, sgd, sgdw, sgld, shampoo, signed_adamw; did you mean"
                " adam?"
            ],
        ),
        (
            "data",
            {**SPARSE, "densty": 1},
            [f"data.densty: unknown, {TAKES_SPARSE}; did you mean density?"],
        ),
        (
            "data",
            {**SPARSE, "_target_": "os.system"},
            [f"data._target_: unknown, {TAKES_SPARSE}"],
        ),
        (
            "analysis",
            {"kind": "train", "foo": 1},
            ["analysis.foo: unknown, analysis train takes nothing"],
        ),
        (
            "evaluation",
            {"kind": "loss", "batch_size": 8, "modle": 3},
            ["evaluation.modle: unknown, evaluation loss takes batch_size, n_batches"],
        ),
        (
            "data",
            {"kind": "activations", "n_features": 3, "data": SPARSE},
            ["data.members: missing, and there is no asset called members"],
        ),
        ("data", {"kind": "sparse_uniform", "density": 0.5}, ["data.n_features: missing"]),
        (
            "data",
            {"kind": "sparse_uniform"},
            ["data.n_features: missing", "data.density: missing"],
        ),
        (
            "data",
            {"kind": "sparse_uniform", "n_features": 2.0, "density": 7},
            [
                "data.n_features=2.0: expected an integer in [1, 2147483647]",
                "data.density=7: expected a number in (0, 1]",
            ],
        ),
        (
            "optim",
            {**ADAM, "schedule": {**COSINE, "final": 2, "end": 1}},
            [
                "optim.schedule.final=2: expected a number in [0, 1]",
                "optim.schedule.end: unknown, optim.schedule cosine takes n_steps, warmup_steps,"
                " final",
            ],
        ),
        (
            "optim",
            {**ADAM, "schedule": {"kind": "cosinee"}},
            [
                "optim.schedule.kind='cosinee': expected one of constant, cosine, linear,"
                " oscillating; did you mean cosine?"
            ],
        ),
        (
            "model",
            {**TIED, "regularisers": {"nois": {}, "noise": {"noise_scale": -1}, "l1_code": {}}},
            [
                "model.regularisers.nois: unknown, expected one of attack, l1_code, l1_weights,"
                " noise, pinned_capacity; did you mean noise?",
                "model.regularisers.noise.noise_scale=-1: expected a number in [0, inf)",
                "model.regularisers.l1_code.l1_coefficient: missing",
            ],
        ),
        (
            "model",
            {**TIED, "init": {"kind": "rotated", "draw": 1, "init": {"kind": "unit", "scale": 2}}},
            [
                "model.init.init.scale: unknown, model.init.init unit takes init_scale;"
                " did you mean init_scale?"
            ],
        ),
        ("optim", {**ADAM, "weight_decay": 0.1}, [f"optim.weight_decay: unknown, {TAKES_ADAM}"]),
    ],
)
def test_problems_are_listed_one_line_each(group: str, node: Any, problems: list[str]) -> None:
    assert check(group, node) == problems


@pytest.mark.parametrize("schedule", [3, "cosine", [COSINE], {}, {"final": 0.1}, True])
def test_component_inside_a_component_must_be_one(schedule: Any) -> None:
    problems = check("optim", {**ADAM, "schedule": schedule})
    assert problems == [f"optim.schedule={schedule!r}: expected a component with a kind"]


@pytest.mark.parametrize("arguments", [3, "noise", [0.1], True])
def test_several_components_are_a_mapping_from_names_to_arguments(arguments: Any) -> None:
    problems = check("model", {**TIED, "regularisers": {"noise": arguments}})
    key = "model.regularisers.noise"
    assert problems == [f"{key}={arguments!r}: expected the arguments of noise"]
    [problem] = check("model", {**TIED, "regularisers": arguments})
    assert problem.startswith(f"model.regularisers={arguments!r}: expected arguments for each")


def test_a_component_among_several_may_have_another_name_than_its_kind() -> None:
    weak = {"weak": {"kind": "noise", "noise_scale": 0.1}}
    assert check("model", {**TIED, "regularisers": weak}) == []
    assert construct("model", {**TIED, "regularisers": weak}) is not None


@pytest.mark.parametrize("kind", [[], {}, ["sparse_uniform"]])
def test_kind_that_is_no_word_is_refused(kind: Any) -> None:
    [problem] = check("data", {"kind": kind})
    assert problem.startswith(f"data.kind={kind!r}: expected one of {SOURCES}")


def test_key_that_is_no_word_is_refused() -> None:
    [problem] = check("data", {**SPARSE, 3: 1})
    assert problem.startswith("data.3: unknown")


def test_problem_of_is_one_line_or_none() -> None:
    assert problem_of("a.b", 3, Count) == []
    assert problem_of("a.b", 1.5, Density) == ["a.b=1.5: expected a number in (0, 1]"]


def test_construct_calls_the_factory_and_those_inside_it() -> None:
    node = {"kind": "sgd", "learning_rate": 0.5, "momentum": 0.0, "schedule": COSINE}
    tx = construct("optim", node)
    params = {"a": np.ones(2, np.float32)}
    state, first = tx.init(params), None
    for _ in range(10):
        updates, state = tx.update(params, state, params)
        first = updates if first is None else first
    np.testing.assert_allclose(first["a"], -0.5)
    last, _ = tx.update(params, state, params)
    np.testing.assert_allclose(last["a"], 0.0, atol=1e-7)


def test_several_components_are_constructed_in_their_order() -> None:
    """The L1 norm of the code 1 + 1, times 0.5; the noise is none."""
    regularisers = {"l1_code": {"l1_coefficient": 0.5}, "noise": {"noise_scale": 0.0}}
    params = models.AutoencoderParams(W=jnp.eye(2), b=jnp.zeros(2))
    ones = Batch(inputs=jnp.ones((3, 2)), targets=jnp.ones((3, 2)), factors=jnp.ones((3, 2)))
    for given, expected in ((regularisers, 1.0), ({**regularisers, "l1_code": None}, 0.0)):
        model = construct("model", {**TIED, "regularisers": given})
        assert model.loss(params, (), ones, jax.random.key(0))[0] == expected


def test_a_refusal_names_the_whole_key_of_a_component_inside_a_component() -> None:
    node = {**TIED, "init": {"kind": "rotated", "draw": -1}}
    with pytest.raises(ArgumentError, match=r"^model\.init\.draw=-1: expected a number"):
        construct("model", node)
    node = {**TIED, "regularisers": {"noise": {"noise_scale": -1}}}
    with pytest.raises(ArgumentError, match=r"^model\.regularisers\.noise\.noise_scale=-1: "):
        construct("model", node)


@pytest.mark.slow
def test_a_factory_is_given_what_it_takes_at_any_depth_and_no_more() -> None:
    source = construct("data", SPARSE, model=None, folder=None)
    assert isinstance(source, Source)
    model = models.autoencoder(n_features=3, n_hidden=2)
    given = {"model": model, "source": data.sparse_uniform(n_features=3, density=0.5)}
    evaluation = construct("evaluation", {"kind": "loss", "batch_size": 4}, **given, unused=1)
    params, state = model.init(jax.random.key(0))
    assert evaluation.measure(params, state, jax.random.key(1))["loss"].shape == ()
    rows = {"inputs": np.ones((7, 3), np.float32)}
    node = {"kind": "shared", "data": {"kind": "examples", "n_features": 3}, "stream_seed": 1}
    inside = construct("data", node, examples=rows)
    np.testing.assert_array_equal(data.draw(inside, jax.random.key(0), 2).inputs, 1)


def test_what_a_config_sets_is_not_supplied() -> None:
    node = {"kind": "finite", "n_features": 3, "n_samples": 4, "data": SPARSE}
    assert construct("data", node, data=None).gives.inputs.shape == (3,)
    assert components.asked(EVERYTHING, "data", node) >= {"sampling"}
    assert "data" not in components.asked(EVERYTHING, "data", node)
