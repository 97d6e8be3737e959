"""What every component keeps to. A new YAML or a new registered factory is tested by existing."""

import functools
import inspect
import math
import re
import typing
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from experiments import boundary
from experiments.components import SUPPLIED, check_component, construct
from experiments.registry import REGISTRY
from superpos import random
from superpos.arguments import (
    ArgumentError,
    Interval,
    annotation,
    check_value,
    element_of,
    sweepable,
)
from superpos.types import Batch, Model, Scalar, Scalars, Source

ROOT = Path(__file__).resolve().parent.parent
GROUPS = ("data", "magnitude", "model", "optim", "schedule", "probe")
FILES = sorted(path for group in GROUPS for path in (ROOT / "conf" / group).glob("*.yaml"))
COMPONENTS = [(path.parent.name, path.stem) for path in FILES]
FACTORIES = [(group, kind) for group, kinds in REGISTRY.items() for kind in kinds]
BATCH = 16
TOLERANCE = 1e-6
WHITENING = {"muon", "shampoo"}
"""Optimisers that enlarge the rounding in small directions of a gradient: compared in float64."""

each_component = pytest.mark.parametrize(("group", "name"), COMPONENTS)
each_factory = pytest.mark.parametrize(("group", "kind"), FACTORIES)


@functools.cache
def composed(group: str, name: str) -> Mapping[str, Any]:
    return boundary.compose(["experiment=train", f"{group}={name}"])


def node_of(group: str, name: str) -> dict[str, Any]:
    return dict(composed(group, name)[group])


def settable(group: str, kind: str) -> list[str]:
    """Arguments of a factory that a config sets."""
    return [n for n in inspect.signature(REGISTRY[group][kind]).parameters if n not in SUPPLIED]


def interval_of(hint: Any) -> Interval | None:
    """The range in an annotation, found independently of superpos.arguments."""
    for part in (hint, *typing.get_args(hint)):
        for extra in getattr(part, "__metadata__", ()):
            if isinstance(extra, Interval):
                return extra
    return None


def is_optional(hint: Any) -> bool:
    return type(None) in typing.get_args(hint)


def base_of(hint: Any) -> Any:
    """The type in an annotation, without its range and without None."""
    for part in (hint, *typing.get_args(hint)):
        if hasattr(part, "__metadata__"):
            return typing.get_args(part)[0]
    return hint


def ends(interval: Interval) -> tuple[float, float]:
    low, high = interval.text[1:-1].split(",")
    return float(low), float(high)


def inside(interval: Interval) -> list[float]:
    """Numbers in a range, with its ends where they belong to it."""
    low, high = ends(interval)
    low = low if math.isfinite(low) else -1.0
    width = high - low if math.isfinite(high) else 2.0
    numbers = [low + part * width for part in (0.25, 0.75)]
    if interval.text[0] == "[":
        numbers.append(low)
    if interval.text[-1] == "]" and math.isfinite(high):
        numbers.append(high)
    return numbers


def outside(interval: Interval, *, whole: bool) -> list[Any]:
    """Values that a range, of whole numbers or of any, does not hold."""
    low, high = ends(interval)
    values: list[Any] = [low - 1] + ([low] if interval.text[0] == "(" else [])
    if math.isfinite(high):
        values += [high + 1] + ([high] if interval.text[-1] == ")" else [])
    if whole:
        values = [int(value) for value in values] + [low + 1.5, low + 1.0, 2**70]
    return [*values, math.nan, math.inf, -math.inf, "abc", "", True, [low + 0.5], {"a": 1}, 1j]


# What a component computes, as a tree of arrays: the same whether its numbers are traced or not.


def inputs(n: int) -> jax.Array:
    return jax.random.uniform(jax.random.key(1), (BATCH, n))


def use_source(source: Source, config: Mapping[str, Any]) -> Any:
    return source.sample(jax.random.key(2), BATCH)


def use_model(model: Model, config: Mapping[str, Any]) -> Any:
    params, state = model.init(jax.random.key(3))
    x = inputs(config["data"]["n_features"])
    batch = Batch(inputs=x, targets=x, factors=x)
    value = jax.value_and_grad(model.loss, has_aux=True)(params, state, batch, jax.random.key(4))
    return params, state, model.apply(params, state, x[0]), value


def takes_a_key(tx: Any) -> bool:
    return isinstance(tx, optax.GradientTransformationExtraArgs)


def use_optimiser(tx: Any, config: Mapping[str, Any]) -> Any:
    params = {"W": jnp.array([[0.3, -1.2], [0.7, 0.1]]), "b": jnp.array([0.5, -0.4])}
    opt_state, path = tx.init(params), []
    for step in range(4):
        grads = jax.tree.map(lambda leaf, step=step: jnp.sin(3 * leaf + step), params)
        noise = {"key": jax.random.key(step)} if takes_a_key(tx) else {}
        updates, opt_state = tx.update(grads, opt_state, params, **noise)
        params = jax.tree.map(jnp.add, params, updates)
        path.append(params)
    return path


def use_magnitude(magnitude: Any, config: Mapping[str, Any]) -> Any:
    return magnitude(inputs(2))


def use_schedule(schedule: Callable[[Any], Any], config: Mapping[str, Any]) -> Any:
    n_steps = config["fit"]["n_steps"]
    return [schedule(step) for step in (0, 1, n_steps // 3, n_steps - 1, n_steps)]


def use_probe(probe: Any, config: Mapping[str, Any]) -> Any:
    params, state = construct("model", config["model"]).init(jax.random.key(5))
    return probe(params, state, jax.random.key(6))


USES = {
    "data": use_source,
    "magnitude": use_magnitude,
    "model": use_model,
    "optim": use_optimiser,
    "schedule": use_schedule,
    "probe": use_probe,
}


def build(group: str, name: str, changes: Mapping[str, Any]) -> Any:
    """The component of a YAML with some of its numbers replaced."""
    node = with_changes(node_of(group, name), changes, composed(group, name))
    return construct(group, node, **supplies(group))


def supplies(group: str) -> dict[str, Any]:
    """Arguments that the program supplies to the factories of a group."""
    if group != "probe":
        return {}
    config = composed(*next(pair for pair in COMPONENTS if pair[0] == group))
    return {
        "model": construct("model", config["model"]),
        "source": construct("data", config["data"]),
    }


def with_changes(
    node: dict[str, Any], changes: Mapping[str, Any], config: Mapping[str, Any]
) -> dict[str, Any]:
    """Lay values over a node; "name.2" replaces an element of a list that is there or all ones."""
    node = dict(node)
    for key, value in changes.items():
        name, _, index = key.partition(".")
        if index:
            values = list(node[name] or [1.0] * config["data"]["n_features"])
            values[int(index)] = value
            value = values
        node[name] = value
    return node


def measure(group: str, name: str, changes: Mapping[str, Any]) -> Any:
    return USES[group](build(group, name, changes), composed(group, name))


@functools.cache
def measured_at(group: str, name: str, key: str, value: float) -> Any:
    """What the component computes with one concrete number."""
    return measure(group, name, {key: value})


def swept(group: str, name: str) -> dict[str, list[float]]:
    """Key -> values to try, for every number of a component that can be swept."""
    function = REGISTRY[group][node_of(group, name)["kind"]]
    found = {}
    for key in sweepable(function):
        argument, _, index = key.partition(".")
        hint = annotation(function, argument)
        interval = interval_of(element_of(hint) if index else hint)
        assert interval is not None, f"{key} has no range"
        found[f"{argument}.1" if index else key] = inside(interval)
    return found


SWEPT = [(group, name, key) for group, name in COMPONENTS for key in swept(group, name)]


def test_there_is_something_to_test() -> None:
    assert {group for group, _ in COMPONENTS} == set(GROUPS)
    assert ("data", "sparse_uniform", "density") in SWEPT
    assert ("model", "autoencoder", "importance.1") in SWEPT
    assert ("optim", "adamw", "learning_rate") in SWEPT


# YAML files against factories


@each_component
def test_yaml_names_a_registered_kind(group: str, name: str) -> None:
    assert node_of(group, name)["kind"] in REGISTRY[group]


@each_component
def test_yaml_writes_every_argument_out(group: str, name: str) -> None:
    node = node_of(group, name)
    assert set(node) - {"kind"} == set(settable(group, node["kind"]))


@each_component
def test_yaml_starts_with_a_comment_that_says_what_it_is(group: str, name: str) -> None:
    first = (ROOT / "conf" / group / f"{name}.yaml").read_text().splitlines()[0]
    assert re.fullmatch(r"# \S.{10,}", first)


@each_component
def test_yaml_binds(group: str, name: str) -> None:
    assert check_component(group, node_of(group, name), group) == []
    assert build(group, name, {}) is not None


@pytest.mark.parametrize(("group", "kind"), [pair for pair in FACTORIES if pair[0] in GROUPS])
def test_registered_factory_has_a_yaml(group: str, kind: str) -> None:
    assert kind in [node_of(group, name)["kind"] for g, name in COMPONENTS if g == group]


@pytest.mark.slow
def test_registered_analysis_has_an_experiment() -> None:
    used = {
        boundary.compose([f"experiment={name}"])["analysis"]["kind"]
        for name in boundary.experiments()
    }
    assert used == set(REGISTRY["analysis"])


# Factories


@each_factory
def test_arguments_are_keyword_only(group: str, kind: str) -> None:
    kinds = {p.kind for p in inspect.signature(REGISTRY[group][kind]).parameters.values()}
    assert kinds == {inspect.Parameter.KEYWORD_ONLY}


@each_factory
def test_docstring_names_every_argument_and_no_other(group: str, kind: str) -> None:
    function = REGISTRY[group][kind]
    text = inspect.getdoc(function) or ""
    [section] = re.findall(r"^Args:\n((?:    .*\n|\n)+)", text + "\n", re.MULTILINE)
    named = re.findall(r"^    (\w+): \S", section, re.MULTILINE)
    assert named == list(inspect.signature(function).parameters)
    assert re.search(r"^Returns:\n    \S", text, re.MULTILINE)


@pytest.mark.parametrize(("group", "kind"), [pair for pair in FACTORIES if pair[0] in GROUPS])
def test_every_number_has_a_range(group: str, kind: str) -> None:
    """A bare int, float or Scalar would be let through unchecked."""
    for name in settable(group, kind):
        hint = annotation(REGISTRY[group][kind], name)
        allowed = typing.get_origin(hint) is Literal or hint is bool or name in REGISTRY
        assert allowed or interval_of(hint) is not None, name


def bad_values() -> Iterator[Any]:
    for group, name in COMPONENTS:
        kind = node_of(group, name)["kind"]
        for argument in settable(group, kind):
            hint = annotation(REGISTRY[group][kind], argument)
            for value in bad_values_of(hint):
                yield pytest.param(group, name, argument, value, id=f"{name}-{argument}={value}")


def bad_values_of(hint: Any) -> list[Any]:
    interval, base = interval_of(hint), base_of(hint)
    none = [] if is_optional(hint) else [None]
    if typing.get_origin(base) is Literal:
        return [*none, "", "abc", 1, True]
    if interval is None:
        return []
    if base == Scalars:
        return [*none, "abc", 1.0, {"a": 1}, {1: 1}]
    assert base in (int, Scalar)
    return none + outside(interval, whole=base is int)


@pytest.mark.parametrize(("group", "name", "argument", "value"), list(bad_values()))
def test_value_out_of_range_is_refused_in_one_line(
    group: str, name: str, argument: str, value: Any
) -> None:
    hint = annotation(REGISTRY[group][node_of(group, name)["kind"]], argument)
    node = node_of(group, name) | {argument: value}
    function = REGISTRY[group][node.pop("kind")]
    with pytest.raises(ArgumentError) as caught:
        function(**{k: None if k in REGISTRY else v for k, v in node.items()}, **supplies(group))
    message = str(caught.value)
    interval = interval_of(hint)
    assert "\n" not in message
    assert message.startswith(f"{argument}={value!r}: expected ")
    choices = typing.get_args(hint) if interval is None else [interval.text]
    assert all(str(choice) in message for choice in choices)


@pytest.mark.parametrize(("group", "name", "key"), [row for row in SWEPT if row[2].endswith(".1")])
def test_element_out_of_range_is_refused_by_its_index(group: str, name: str, key: str) -> None:
    hint = annotation(REGISTRY[group][node_of(group, name)["kind"]], key.removesuffix(".1"))
    interval = interval_of(hint)
    assert interval is not None
    for value in outside(interval, whole=False):
        with pytest.raises(ArgumentError, match=re.escape(f"{key}={value!r}: expected a number")):
            build(group, name, {key: value})


@pytest.mark.parametrize(("group", "name", "key"), SWEPT)
def test_ends_of_a_range_are_accepted_where_they_belong_to_it(
    group: str, name: str, key: str
) -> None:
    for value in swept(group, name)[key]:
        build(group, name, {key: value})
        build(group, name, {key: np.float32(value)})
        build(group, name, {key: jnp.float32(value)})


@each_component
def test_count_cannot_be_traced(group: str, name: str) -> None:
    kind = node_of(group, name)["kind"]
    for argument in settable(group, kind):
        hint = annotation(REGISTRY[group][kind], argument)
        if base_of(hint) is int:
            with pytest.raises(ArgumentError, match=f"^{argument}: static"):
                jax.eval_shape(
                    lambda v, a=argument, h=hint: check_value(a, v, h),
                    jax.ShapeDtypeStruct((), jnp.int32),
                )


# Tracing


@each_component
def test_component_has_the_same_shapes_with_all_numbers_traced(group: str, name: str) -> None:
    numbers = {key: jax.ShapeDtypeStruct((), jnp.float32) for key in swept(group, name)}
    traced = jax.eval_shape(lambda values: measure(group, name, values), numbers)
    concrete = jax.eval_shape(lambda: measure(group, name, {}))
    chex.assert_trees_all_equal_shapes_and_dtypes(traced, concrete)
    assert jax.tree.leaves(traced)


@pytest.mark.slow
@pytest.mark.parametrize(("group", "name", "key"), SWEPT)
def test_component_vmaps_over_each_number(group: str, name: str, key: str) -> None:
    values = swept(group, name)[key]
    double = name in WHITENING
    with jax.enable_x64(double):
        run = jax.jit(jax.vmap(lambda value: measure(group, name, {key: value})))
        mapped = jax.device_get(run(np.float32(values)))
        for index, value in enumerate(values):
            alone = measure(group, name, {key: value}) if double else None
            chex.assert_trees_all_close(
                jax.tree.map(lambda leaf, i=index: leaf[i], mapped),
                alone or measured_at(group, name, key, value),
                rtol=TOLERANCE,
                atol=TOLERANCE,
            )


@pytest.mark.slow
@pytest.mark.parametrize(("group", "name", "key"), SWEPT)
def test_each_number_matters(group: str, name: str, key: str) -> None:
    """An argument that nothing reads would pass every other test."""
    first, second = (measured_at(group, name, key, v) for v in swept(group, name)[key][:2])
    same = jax.tree.map(lambda a, b: bool(jnp.array_equal(a, b)), first, second)
    assert not all(jax.tree.leaves(same))


# Contracts of the kinds


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for group, name in COMPONENTS if group == "data"])
def test_source_returns_finite_batches(name: str) -> None:
    n = node_of("data", name)["n_features"]
    source = build("data", name, {})
    assert isinstance(source, Source)
    batch = source.sample(jax.random.key(0), BATCH)
    assert isinstance(batch, Batch)
    chex.assert_shape(batch.inputs, (BATCH, n))
    assert batch.targets.shape[0] == batch.factors.shape[0] == BATCH
    assert batch.factors.shape[1] in (0, n)
    chex.assert_tree_all_finite(batch)
    chex.assert_type(jax.tree.leaves(batch), jnp.float32)
    chex.assert_trees_all_equal(batch, source.sample(jax.random.key(0), BATCH))
    other = source.sample(jax.random.key(1), BATCH)
    assert not np.array_equal(batch.inputs, other.inputs)
    chex.assert_shape(source.sample(jax.random.key(0), 1).inputs, (1, n))


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for group, name in COMPONENTS if group == "magnitude"])
def test_magnitude_is_a_quantile_function(name: str) -> None:
    """Finite at both ends, never falling, and of the shape that it is given."""
    quantile = build("magnitude", name, {})
    u = jnp.linspace(0.0, 1.0, 1001, dtype=jnp.float32)
    values = np.asarray(quantile(u))
    assert values.dtype == np.float32
    assert np.isfinite(values).all()
    assert (np.diff(values) >= 0).all()
    np.testing.assert_array_equal(quantile(u.reshape(7, 143)).ravel(), values)


@pytest.mark.parametrize("name", [name for group, name in COMPONENTS if group == "data"])
def test_columns_of_a_source_are_its_sample(name: str) -> None:
    source = build("data", name, {})
    if source.columns is None:
        pytest.skip("it has none")
    key = random.key(7)
    batch = source.sample(key, BATCH)
    inputs, targets = source.columns([*jax.random.key_data(key)], BATCH)
    np.testing.assert_array_equal(np.stack(inputs, axis=-1), batch.inputs)
    np.testing.assert_array_equal(np.stack(targets, axis=-1), batch.targets)


@pytest.mark.parametrize("name", [name for group, name in COMPONENTS if group == "model"])
def test_columns_of_a_model_are_its_loss(name: str) -> None:
    model = build("model", name, {})
    if model.columns is None:
        pytest.skip("it has none")
    params, state = model.init(jax.random.key(0))
    assert state == ()
    x = inputs(composed("model", name)["data"]["n_features"])
    loss, _ = model.loss(params, state, Batch(inputs=x, targets=x, factors=x), jax.random.key(1))
    scalars = jax.tree.map(lambda leaf: leaf.tolist(), params)
    np.testing.assert_allclose(model.columns(scalars, [*x.T], [*x.T]), loss, rtol=1e-5)


@pytest.mark.parametrize("name", [name for group, name in COMPONENTS if group == "model"])
def test_model_keeps_the_contract(name: str) -> None:
    config = composed("model", name)
    n = config["data"]["n_features"]
    model = build("model", name, {})
    assert isinstance(model, Model)
    params, state = model.init(jax.random.key(0))
    chex.assert_trees_all_equal((params, state), model.init(jax.random.key(0)))
    assert not jax.tree.all(jax.tree.map(np.array_equal, params, model.init(jax.random.key(1))[0]))

    batch = Batch(inputs=inputs(n), targets=inputs(n), factors=inputs(n))
    output = model.apply(params, state, batch.inputs[0])
    chex.assert_shape(output.code, (node_of("model", name).get("n_hidden", 2),))
    n_outputs = 1 if node_of("model", name)["kind"] == "quadratic" else n
    chex.assert_shape(output.recon, (n_outputs,))
    together = jax.vmap(model.apply, in_axes=(None, None, 0))(params, state, batch.inputs)
    chex.assert_trees_all_close(jax.tree.map(lambda a: a[0], together), output, rtol=1e-5)

    (loss, (new_state, measured)), grads = jax.jit(jax.value_and_grad(model.loss, has_aux=True))(
        params, state, batch, jax.random.key(2)
    )
    chex.assert_shape(loss, ())
    chex.assert_type(loss, jnp.float32)
    chex.assert_trees_all_equal_shapes_and_dtypes(new_state, state)
    chex.assert_trees_all_equal_shapes_and_dtypes(grads, params)
    chex.assert_tree_all_finite((loss, grads, measured))
    assert all(np.any(leaf != 0) for leaf in jax.tree.leaves(grads))


@pytest.mark.parametrize("name", [name for group, name in COMPONENTS if group == "model"])
def test_model_refuses_a_batch_of_another_width(name: str) -> None:
    model = build("model", name, {})
    params, state = model.init(jax.random.key(0))
    x = inputs(composed("model", name)["data"]["n_features"] + 1)
    with pytest.raises(AssertionError):
        model.loss(params, state, Batch(inputs=x, targets=x, factors=x), jax.random.key(1))
    with pytest.raises(AssertionError):
        model.apply(params, state, x[0])


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for group, name in COMPONENTS if group == "optim"])
def test_optimiser_descends(name: str) -> None:
    tx = build("optim", name, {"learning_rate": 0.05})
    params = {"W": jnp.ones((3, 2)), "b": jnp.full(3, -2.0)}
    opt_state = tx.init(params)
    for step in range(20):
        noise = {"key": jax.random.key(step)} if takes_a_key(tx) else {}
        updates, opt_state = tx.update(params, opt_state, params, **noise)  # gradient of |x|^2 / 2
        chex.assert_trees_all_equal_shapes_and_dtypes(updates, params)
        params = jax.tree.map(jnp.add, params, updates)
    assert 0 < float(jnp.abs(params["W"]).max()) < 0.6
    assert 0 < float(jnp.abs(params["b"]).max()) < 1.5


@pytest.mark.parametrize("name", [name for group, name in COMPONENTS if group == "schedule"])
def test_schedule_has_unit_height(name: str) -> None:
    n_steps = composed("schedule", name)["fit"]["n_steps"]
    schedule = build("schedule", name, {})
    steps = np.linspace(0, n_steps, 101).astype(np.int32)
    factors = np.asarray(jax.vmap(schedule)(jnp.asarray(steps)))
    assert factors.shape == steps.shape
    assert factors.max() == 1 and factors.min() >= 0
    assert float(schedule(0)) == 1
    warm = np.asarray(jax.vmap(build("schedule", name, {"warmup_steps": 9}))(jnp.arange(11)))
    np.testing.assert_allclose(warm[:10], (np.arange(10) + 1) / 10, rtol=1e-6)
    assert warm[10] <= 1


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for group, name in COMPONENTS if group == "probe"])
def test_probe_measures_finite_arrays(name: str) -> None:
    measured = use_probe(build("probe", name, {}), composed("probe", name))
    assert "loss" in measured
    chex.assert_shape(measured["loss"], ())
    assert all(isinstance(key, str) and key.isidentifier() for key in measured)
    chex.assert_tree_all_finite(measured)
    again = use_probe(build("probe", name, {}), composed("probe", name))
    chex.assert_trees_all_equal(measured, again)
