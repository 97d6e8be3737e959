"""What every component keeps to. A new YAML or a new registered factory is tested by existing."""

import inspect
import re
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import chex
import cloudpickle
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import random
from superpos.app import boundary
from superpos.arguments import ArgumentError, annotation, check_value
from superpos.components import check, group_of_several
from superpos.data import draw
from superpos.evaluations.interpretation import BY_EXPLAINER, GAINS
from superpos.types import Asset, Batch, Model, Source, Trigger
from tests.components import (
    BATCH,
    COMPONENTS,
    EVERYTHING,
    FACTORIES,
    GROUPS,
    SUPPLIED,
    base_of,
    batch_for,
    build,
    composed,
    drawn,
    inputs,
    interval_of,
    measure,
    names_of,
    node_of,
    refused_values,
    settable,
    swept,
    takes_a_key,
    use_evaluation,
    use_model,
    yaml_files,
)
from tests.work import counted, equations

TOLERANCE = 1e-6
IN_FLOAT64 = ("model", "init", "error", "regulariser", "optim", "sparsity", "dead", "tuner")
"""What adds much rounding up, or enlarges it: compared in float64."""
MOST_EQUATIONS = 1000
"""In the program of all numbers of a component: most of a CPU-second to compile."""
CHECKED_BESIDE = {
    "asset members: select",  # labels of any axis
    "asset activations: arms",  # names, and numbers of the layers that the model has
    "asset activations: layers",
}
"""Arguments without a range of their own."""
MAYBE_NAN = {
    "interpretation": (*BY_EXPLAINER, *GAINS),
    "spliced": ("loss_recovered",),
}
"""Evaluation -> results that are nan where there is nothing to measure, as in a small example."""
LEADING = {"comparisons": (2,)}
"""Source -> dimensions of an example before that of its features."""
MOST_PROGRAMS = 150
"""That a component may have compiled in a test, the small ones of its concrete numbers included."""

ON_THE_HOST = ("asset", "trigger")
"""Groups whose components are never traced."""
each_component = pytest.mark.parametrize(("group", "name"), COMPONENTS)


@pytest.fixture(autouse=True)
def within_the_budget(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a component costs in the suite is counted, so that it is the same on every machine."""
    with counted() as work:
        yield
    assert work.programs <= MOST_PROGRAMS, request.node.name


def kinds() -> list[tuple[str, str]]:
    """The factories that a YAML of a component may name."""
    return [(group, kind) for group, kind in FACTORIES if group in GROUPS]


def hints() -> dict[str, Any]:
    """The annotation of every argument that a config sets, by "group kind: argument"."""
    return {
        f"{group} {kind}: {name}": annotation(EVERYTHING[group][kind], name)
        for group, kind in kinds()
        for name in settable(group, kind)
    }


def refusal(call: Callable[[], Any]) -> str:
    """The line in which a call refuses its arguments; nothing where it does not."""
    try:
        call()
    except ArgumentError as error:
        return str(error)
    return ""


# YAML files against factories: each rule is one test that lists all offenders


def test_every_group_has_components() -> None:
    assert {group for group, _ in COMPONENTS} == set(GROUPS)
    assert {("data", "sparse_uniform"), ("optim", "adamw")} <= set(COMPONENTS)
    assert "importance.1" in swept("error", "squared")


def test_every_yaml_starts_with_a_comment_that_says_what_it_is() -> None:
    first = {pair: path.read_text().splitlines()[0] for pair, path in yaml_files().items()}
    assert [pair for pair, line in first.items() if not re.fullmatch(r"# \S.{10,}", line)] == []


@pytest.mark.slow
def test_every_factory_can_be_chosen() -> None:
    named = {(group, node_of(group, name)["kind"]) for group, name in COMPONENTS}
    assert sorted(named) == sorted(kinds())


@pytest.mark.slow
def test_every_analysis_has_an_experiment() -> None:
    configs = [boundary.compose([f"experiment={name}"]) for name in boundary.experiments()]
    assert {config["analysis"]["kind"] for config in configs} == set(EVERYTHING["analysis"])


def test_arguments_are_keyword_only() -> None:
    assert [
        f"{group} {kind}: {parameter}"
        for group, kind in FACTORIES
        if group != "analysis"
        for parameter in inspect.signature(EVERYTHING[group][kind]).parameters.values()
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY
    ] == []


def test_docstrings_name_every_argument_and_no_other() -> None:
    bad = [f"{g} {kind}" for g, kind in FACTORIES if not is_documented(EVERYTHING[g][kind], g)]
    assert bad == []


def is_documented(function: Callable[..., Any], group: str) -> bool:
    """Every argument is named, and what is returned; a class that an analysis returns says it."""
    text = inspect.getdoc(function) or ""
    sections = re.findall(r"^Args:\n((?:    .*\n|\n)+)", text + "\n", re.MULTILINE)
    named = re.findall(r"^    (\w+): \S", "".join(sections), re.MULTILINE)
    returns = re.search(r"^Returns:\n    \S", text, re.MULTILINE)
    said = returns is not None or group == "analysis"
    return named == list(inspect.signature(function).parameters) and said


# Ranges


def test_every_number_has_a_range() -> None:
    """A bare int, float or Scalar would be let through unchecked."""
    assert [where for where, hint in hints().items() if not is_ranged(where, hint)] == []


def is_ranged(where: str, hint: Any) -> bool:
    name = where.split()[-1]
    nested = name in EVERYTHING or bool(group_of_several(EVERYTHING, name))
    chosen = nested or hint in (bool, str, str | None) or typing.get_origin(hint) is Literal
    chosen = chosen or where in CHECKED_BESIDE
    return chosen or interval_of(hint) is not None


def test_every_annotation_refuses_what_it_does_not_allow_in_one_line() -> None:
    distinct = {*hints().values()}
    wrong = [
        f"{hint}: {value!r}: {line}"
        for hint in distinct
        for index, values in refused_values(hint).items()
        for value in values
        for line in [refusal(lambda h=hint, v=value: check_value("x", v, h))]
        if not says_what_is_allowed(line, f"x{index}", value[1] if index else value, hint)
    ]
    assert len(distinct) > 10
    assert wrong == []


def says_what_is_allowed(line: str, name: str, value: Any, hint: Any) -> bool:
    interval = interval_of(hint)
    allowed = [interval.text] if interval else [str(each) for each in typing.get_args(hint)]
    starts = line.startswith(f"{name}={value!r}: expected ")
    return starts and "\n" not in line and all(each in line for each in allowed)


@pytest.mark.parametrize(("group", "kind"), kinds())
def test_factory_checks_every_argument(group: str, kind: str) -> None:
    """The values themselves are those of its annotations; here it is that they are looked at."""
    for name in settable(group, kind):
        refused = refused_values(annotation(EVERYTHING[group][kind], name)).get("", [])
        for value in refused[:1]:
            line = refusal(lambda n=name, v=value: EVERYTHING[group][kind](**{n: v}))
            assert line.startswith(f"{name}={value!r}: expected "), name


@each_component
def test_component_is_declared_and_takes_its_numbers(group: str, name: str) -> None:
    node, allowed = node_of(group, name), swept(group, name)
    assert check(EVERYTHING, group, node, group, SUPPLIED) == []
    assert set(node) - {"kind"} == set(settable(group, node["kind"]))
    assert build(group, name, {}) is not None
    for key, values in allowed.items():
        for value in values:
            for number in (value, np.float32(value), jnp.float32(value)):
                assert build(group, name, {key: number}) is not None, (key, number)


@each_component
def test_component_survives_cloudpickle(group: str, name: str) -> None:
    """With which joblib, dask and Ray carry a user's `build`, and what it closes over."""
    component = build(group, name, {})
    carried = cloudpickle.loads(cloudpickle.dumps(component))
    assert jax.tree.structure(carried) == jax.tree.structure(component)
    if isinstance(component, Model):
        chex.assert_trees_all_equal(use_model(carried, {}), use_model(component, {}))


def test_counts_cannot_be_traced() -> None:
    counts = {where: hint for where, hint in hints().items() if base_of(hint) is int}
    whole = jax.ShapeDtypeStruct((), jnp.int32)
    lines = {
        where: refusal(lambda h=hint: jax.eval_shape(lambda v: check_value("x", v, h), whole))
        for where, hint in counts.items()
    }
    assert len(lines) > 3
    assert [where for where, line in lines.items() if not line.startswith("x: static")] == []


# Tracing


@pytest.mark.slow
@pytest.mark.parametrize(("group", "name"), [c for c in COMPONENTS if c[0] not in ON_THE_HOST])
def test_component_is_the_same_with_its_numbers_traced(group: str, name: str) -> None:
    """Few programs trace all numbers, with a row for each value of each; and each one matters."""
    with jax.enable_x64(group in IN_FLOAT64):
        n_equations = sum(check_traced(group, name, base) for base in settings_of(group, name))
        if not swept(group, name):
            assert jax.tree.leaves(jax.eval_shape(lambda: measure(group, name, {})))
    assert n_equations <= MOST_EQUATIONS, f"{group} {name}"


def settings_of(group: str, name: str) -> list[dict[str, float]]:
    """Numbers that can be set together: those that the YAML gives, and those that are null there.

    Each is the first in its range, which float32 holds; 0.999 would lose digits in 1 - 0.999^t.
    """
    node = node_of(group, name)
    found: list[dict[str, float]] = [{}]
    for key, values in sorted(swept(group, name).items(), key=lambda item: is_null(node, item[0])):
        one = {key: values[0]}
        for base in found[is_null(node, key) :]:
            if not refusal(lambda together=base | one: build(group, name, together)):
                base |= one
                break
        else:
            found.append(one)
    return [base for base in found if base]


def is_null(node: dict[str, Any], key: str) -> bool:
    return node[key.partition(".")[0]] is None


def check_traced(group: str, name: str, base: dict[str, float]) -> int:
    """Compare a row for each value of each number with the component alone; the program's size."""
    allowed = swept(group, name)
    cases = [{key: value} for key in base for value in allowed[key]]
    numbers = {key: np.float32([case.get(key, base[key]) for case in cases]) for key in base}
    together = jax.jit(jax.vmap(lambda values: measure(group, name, values)))
    check_types(group, name, base)
    mapped = jax.device_get(together(numbers))
    concrete = [jax.device_get(measure(group, name, base | case)) for case in cases]
    rows = [jax.tree.map(lambda leaf, i=row: leaf[i], mapped) for row in range(len(cases))]
    chex.assert_trees_all_equal_shapes_and_dtypes(rows[0], concrete[0])
    jax.tree.map(assert_equal_to_rounding, rows, concrete)
    for key in base:
        found = [each for case, each in zip(cases, concrete, strict=True) if key in case]
        first, second, *_ = found
        same = jax.tree.map(lambda a, b: bool(np.array_equal(a, b)), first, second)
        assert not all(jax.tree.leaves(same)), f"nothing reads {key}"
    return equations(together, numbers)


def check_types(group: str, name: str, base: dict[str, float]) -> None:
    """In float32, a traced number gives the shapes and types that a concrete one gives."""
    with jax.enable_x64(False):
        numbers = {key: jax.ShapeDtypeStruct((), jnp.float32) for key in base}
        traced = jax.eval_shape(lambda values: measure(group, name, values), numbers)
        concrete = jax.eval_shape(lambda: measure(group, name, base))
        chex.assert_trees_all_equal_shapes_and_dtypes(traced, concrete)


def assert_equal_to_rounding(actual: Any, expected: Any) -> None:
    """The terms of a sum are rounded at the size of the largest, and noise is drawn in float32."""
    size = np.max(np.abs(expected), initial=1.0, where=np.isfinite(expected))
    np.testing.assert_allclose(actual, expected, rtol=TOLERANCE, atol=TOLERANCE * size)


# Contracts of the kinds


@pytest.mark.slow
@pytest.mark.parametrize("name", names_of("data"))
def test_source_returns_finite_batches(name: str) -> None:
    source = build("data", name, {})
    assert isinstance(source, Source)
    config = composed("data", name)
    batch = drawn(source, config, jax.random.key(0), BATCH)
    assert isinstance(batch, Batch)
    assert source.gives is not None
    n_features = node_of("data", name)["n_features"]
    episode = () if source.environment is None else (source.environment.n_steps,)
    assert source.gives.inputs.shape == (*episode, *LEADING.get(name, ()), n_features)
    for leaf, given in zip((batch.inputs, batch.targets), source.gives, strict=True):
        assert (leaf.shape, leaf.dtype) == ((BATCH, *given.shape), given.dtype)
    assert batch.factors.shape[0] == BATCH
    chex.assert_tree_all_finite(batch)
    chex.assert_trees_all_equal(batch, drawn(source, config, jax.random.key(0), BATCH))
    other = drawn(source, config, jax.random.key(1), BATCH)
    assert not np.array_equal(batch.inputs, other.inputs)
    one = drawn(source, config, jax.random.key(0), 1)
    chex.assert_shape(one.inputs, (1, *source.gives.inputs.shape))


@pytest.mark.slow
@pytest.mark.parametrize("name", names_of("magnitude"))
def test_magnitude_is_a_quantile_function(name: str) -> None:
    """Finite at both ends, never falling, and of the shape that it is given."""
    quantile = build("magnitude", name, {})
    u = jnp.linspace(0.0, 1.0, 1001, dtype=jnp.float32)
    values = np.asarray(quantile(u))
    assert values.dtype == np.float32
    assert np.isfinite(values).all()
    assert (np.diff(values) >= 0).all()
    np.testing.assert_array_equal(quantile(u.reshape(7, 143)).ravel(), values)


@pytest.mark.slow
def test_columns_of_each_source_are_its_sample() -> None:
    sources = {name: build("data", name, {}) for name in names_of("data")}
    found = {name: source for name, source in sources.items() if source.sample_columns is not None}
    assert "sparse_uniform" in found
    for name, source in found.items():
        key = random.key(7)
        batch = draw(source, key, BATCH)
        inputs, targets = source.sample_columns([*jax.random.key_data(key)], BATCH)
        np.testing.assert_array_equal(np.stack(inputs, axis=-1), batch.inputs, name)
        np.testing.assert_array_equal(np.stack(targets, axis=-1), batch.targets, name)


def test_columns_of_each_model_are_its_loss() -> None:
    models = {name: build("model", name, {}) for name in names_of("model")}
    found = {name: model for name, model in models.items() if model.loss_columns is not None}
    assert "autoencoder" in found
    for name, model in found.items():
        params, state = model.init(jax.random.key(0))
        assert state == ()
        batch = batch_for(model)
        x = batch.inputs
        loss, _ = model.loss(params, state, batch, jax.random.key(1))
        scalars = jax.tree.map(lambda leaf: leaf.tolist(), params)
        columns = model.loss_columns(scalars, [*x.T], [*x.T])
        np.testing.assert_allclose(columns, loss, rtol=1e-5, err_msg=name)


@pytest.mark.parametrize("name", names_of("model"))
def test_model_keeps_the_contract(name: str) -> None:
    model = build("model", name, {})
    assert isinstance(model, Model)
    assert model.takes is not None
    params, state = model.init(jax.random.key(0))
    chex.assert_trees_all_equal((params, state), model.init(jax.random.key(0)))
    assert not jax.tree.all(jax.tree.map(np.array_equal, params, model.init(jax.random.key(1))[0]))

    batch = batch_for(model)
    output = model.apply(params, state, batch.inputs[0])
    code, recon = shapes_of_output(node_of("model", name), model)
    chex.assert_shape(output.code, code)
    chex.assert_shape(output.recon, recon)
    together = jax.vmap(model.apply, in_axes=(None, None, 0))(params, state, batch.inputs)
    first = jax.tree.map(lambda a: a[0], together)
    chex.assert_trees_all_close(first, output, rtol=1e-5, atol=1e-6)

    (loss, (new_state, measured)), grads = jax.jit(jax.value_and_grad(model.loss, has_aux=True))(
        params, state, batch, jax.random.key(2)
    )
    chex.assert_shape(loss, ())
    chex.assert_type(loss, jnp.float32)
    chex.assert_trees_all_equal_shapes_and_dtypes(new_state, state)
    chex.assert_trees_all_equal_shapes_and_dtypes(grads, params)
    chex.assert_tree_all_finite((loss, grads, measured))
    assert all(np.any(leaf != 0) for leaf in jax.tree.leaves(grads))


def shapes_of_output(node: dict[str, Any], model: Model) -> tuple[tuple[int, ...], ...]:
    """Of the code and of the reconstruction; a language model has both for each token."""
    assert model.takes is not None
    outputs = model.takes.targets.shape
    if node["kind"] == "branching_agent":
        return (2, node["n_hidden"]), (2, 10)
    if node["kind"] == "actor_critic":
        return (node["n_steps"], node["n_hidden"]), (node["n_steps"], node["n_actions"] + 1)
    if node["kind"] == "language_model":
        return (*outputs, node["d_mlp"]), (*outputs, node["n_tokens"])
    if node["kind"] == "update_rule":
        return outputs, outputs
    n_hidden = node["d_code" if "d_code" in node else "n_hidden"]
    return (n_hidden,), (1,) if node["kind"] == "quadratic" else outputs


@pytest.mark.parametrize("name", names_of("model"))
def test_model_refuses_a_batch_of_another_width(name: str) -> None:
    model = build("model", name, {})
    params, state = model.init(jax.random.key(0))
    assert model.takes is not None
    x = inputs(model.takes.inputs.shape[-1] + 1)
    with pytest.raises(AssertionError):
        model.loss(params, state, Batch(inputs=x, targets=x, factors=x), jax.random.key(1))
    with pytest.raises(AssertionError):
        model.apply(params, state, x[0])


@pytest.mark.slow
@pytest.mark.parametrize("name", names_of("optim"))
def test_optimiser_descends(name: str) -> None:
    tx = build("optim", name, {"learning_rate": 0.05})
    gram = name == "gram_sgd"  # of positive semidefinite matrices
    params = {"G" if gram else "W": jnp.ones((3, 3 if gram else 2)), "b": jnp.full(3, -2.0)}
    opt_state = tx.init(params)
    for step in range(20):
        noise = {"key": jax.random.key(step)} if takes_a_key(tx) else {}
        updates, opt_state = tx.update(params, opt_state, params, **noise)  # gradient of |x|^2 / 2
        chex.assert_trees_all_equal_shapes_and_dtypes(updates, params)
        params = jax.tree.map(jnp.add, params, updates)
    assert 0 < float(jnp.abs(params["G" if gram else "W"]).max()) < 0.6
    assert 0 < float(jnp.abs(params["b"]).max()) < 1.5


@pytest.mark.parametrize("name", names_of("schedule"))
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
@pytest.mark.parametrize("name", names_of("evaluation"))
def test_evaluation_measures_finite_arrays_and_names_their_dimensions(name: str) -> None:
    evaluation = build("evaluation", name, {})
    measured = use_evaluation(evaluation, composed("evaluation", name))
    assert measured and all(isinstance(key, str) and key.isidentifier() for key in measured)
    absent = MAYBE_NAN.get(name, ())
    chex.assert_tree_all_finite({key: measured[key] for key in measured if key not in absent})
    again = use_evaluation(evaluation, composed("evaluation", name))
    chex.assert_trees_all_equal(measured, again)
    ranks = {key: value.ndim for key, value in measured.items() if value.ndim}
    assert {key: len(evaluation.dims[key]) for key in ranks} == ranks


@pytest.mark.parametrize("name", names_of("model"))
def test_model_names_the_dimensions_of_its_parameters(name: str) -> None:
    model = build("model", name, {})
    params, _ = model.init(jax.random.key(0))
    found = {
        jax.tree_util.keystr(path, simple=True, separator="."): leaf.ndim
        for path, leaf in jax.tree_util.tree_leaves_with_path(params)
    }
    assert {key: len(names) for key, names in model.dims.items()} == found


@pytest.mark.parametrize("name", names_of("trigger"))
def test_trigger_is_due_at_most_as_often_as_it_says(name: str) -> None:
    """For losses that fall by half in each block, which is due as often as can be."""
    trigger = build("trigger", name, {})
    assert isinstance(trigger, Trigger)
    steps = range(trigger.block, 1001, trigger.block)
    losses = 0.5 ** np.arange(len(steps))
    due = [
        trigger.due(step, {"train_loss": losses[: number + 1]}) for number, step in enumerate(steps)
    ]
    assert 0 < sum(due) <= trigger.most(1000)


@pytest.mark.slow
@pytest.mark.parametrize("name", names_of("asset"))
def test_asset_is_read_only_and_has_the_same_digest_each_time(name: str, tmp_path: Path) -> None:
    asset, again = (build("asset", name, {}).made(str(tmp_path)) for _ in range(2))
    assert isinstance(asset, Asset)
    assert asset.digest == again.digest and len(asset.digest) == 64
    assert all(not leaf.flags.writeable for leaf in jax.tree.leaves(asset.arrays))
    assert asset.read(asset.arrays) is not None
