"""The second stage of a sweep: evaluations of stored members, kept and resumed as members are."""

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from superpos.arguments import ArgumentError
from superpos.engine.assets import (
    PREFIX,
    Build,
    arrays_of,
    as_assets,
    call_build,
    identified,
    read_all,
)
from superpos.engine.dims import with_dims
from superpos.engine.placing import shapes_of
from superpos.engine.program import digest_of_text
from superpos.engine.sweep import with_root_key
from superpos.engine.validity import valid_points
from superpos.engine.work import Settings, Work, done
from superpos.required import check_key
from superpos.store import afterwards, files
from superpos.store.afterwards import MEMBER, check_names
from superpos.store.differences import first_difference, refuse_difference
from superpos.store.files import StoreError
from superpos.store.folder import writing
from superpos.store.grid import SEED, Grid, make_grid
from superpos.store.labels import as_inputs
from superpos.store.reading import read_header, read_trained
from superpos.store.results import final_leaves
from superpos.store.table import INVALID_STEP, Schema, Table, short_names
from superpos.types import Array, Asset, Carry, FitSpec, Key, Training

ONCE = FitSpec(n_steps=1, batch_size=1, log_every=1)
_ROWS = "members of the sweep"


class Rows(NamedTuple):
    """The members of a sweep, a row each; or one of them.

    Attributes:
        points: axis -> its value.
        seed: of the member.
        leaves: final parameters and state, in the order of their tree.
    """

    points: dict[str, Any]
    seed: Any
    leaves: list[Any]


def evaluate(
    build: Build,
    *,
    store: str | Path,
    key: Key,
    name: str,
    spec: Mapping[str, Any],
    over: Mapping[str, Sequence[float]] | None = None,
    assets: Mapping[str, Any] | None = None,
    **settings: Any,
) -> None:
    """Measure of every stored member what an evaluation with `after` says; nothing is trained.

    What is measured is kept beside the members, and `superpos.store.open` returns it with all
    else. The same call again measures the members that have come since.

    Args:
        build: that of the sweep; it is given the values of `over` too.
        store: the folder of the sweep.
        key: the root key of the sweep.
        name: of the evaluation, one of `after` in the training.
        spec: its configuration, dotted key -> plain value, which tells it from another one.
        over: axes of its own numbers, name -> values; its results have a dimension for each.
        assets: those of the sweep, by name.
        **settings: how, as arguments of `sweep`: chunk, measure_width, devices,
            memory_fraction, on_progress, programs and allow_numerics_change.

    Raises:
        ArgumentError: no such evaluation, a bad axis, or a result whose name is taken; one line.
        StoreError: there is no sweep in the folder, or another evaluation of that name; one line.
    """
    check_key(key)
    found = read_trained(Path(store))
    if found is None:
        raise StoreError(f"{store}: expected a folder with a sweep.json")
    header, grid, table = found
    files.refuse_old(Path(store, "sweep.json"), header)
    given = as_assets(assets or {})
    _check_same(Path(store), header["spec"], key, given)
    own_spec = stage_spec(header["spec"], spec, given)
    check_stage(Path(store), name, own_spec, [*(over or {})])
    over_grid = make_grid(over or {})
    own = make_grid({MEMBER: range(grid.n_members), **(over or {})})
    run, ends = described(build, [*grid.points, *over_grid.points], key, given)
    if name not in run.after:
        known = ", ".join(run.after) or "none"
        raise ArgumentError(f"{name}: expected an evaluation with after, of which there is {known}")
    _check_stored(Path(store), header, ends)
    schema = {**_others(Path(store), name), **header["schema"]}
    check_names(run, ends, schema, [*grid.axes], {name: [*over_grid.axes]})
    leaves = [each for each in final_leaves(ends) if each != "diverged_step"]
    rows = Rows(
        points={axis: as_inputs(axis, grid.column(axis)) for axis in grid.axes if axis != SEED},
        seed=as_inputs(SEED, grid.column(SEED) if SEED in grid.axes else np.zeros(grid.n_members)),
        leaves=[table.arrays[each] for each in leaves],
    )
    work = Work(
        build=_stage(build, name, key, ends, [*over_grid.axes]),
        grid=own,
        spec=own_spec,
        ids=afterwards.ids_of(table.ids, over_grid),
        wanted=np.repeat(table.present, over_grid.n_members),
        valid=functools.partial(_valid, build, table, rows.points, over_grid, given),
        key=key,
        assets={_ROWS: Asset(rows, ""), **given},
        dims=run.dims,
        settings=Settings(**{**settings, "checkpoint_seconds": None}),
        # The text of the program depends on how many members there are.
        digest=digest_of_text(jax.jit(run.after[name]).lower(ends).as_text()),
    )
    with writing(files.own(Path(store), afterwards.FOLDER, name), own, own_spec) as held:
        done(work, held)


def _valid(
    build: Build,
    table: Table,
    points: Mapping[str, np.ndarray],
    over: Grid,
    assets: Mapping[str, Asset],
) -> np.ndarray:
    """Which members of the second stage can be measured, bool (n_members * n_over,).

    Raises:
        ArgumentError: a value of `over` that none can have; one line.
    """
    trained = table.arrays["diverged_step"] != INVALID_STEP
    first = int(trained.argmax())
    of_first = {axis: np.repeat(column[first], over.n_members) for axis, column in points.items()}
    valid = valid_points(build, {**of_first, **over.points}, assets) if over.axes else [True]
    return np.outer(trained, valid).ravel()


def stage_spec(
    trained: Mapping[str, Any], spec: Mapping[str, Any], assets: Mapping[str, Asset]
) -> dict[str, Any]:
    """The configuration of an evaluation of stored members.

    Args:
        trained: that of the sweep.
        spec: that of the evaluation.
        assets: what it is given; those that the sweep has too are the same.
    """
    return {**identified(trained, assets), **{f"after.{key}": value for key, value in spec.items()}}


def check_stage(store: Path, name: str, spec: Mapping[str, Any], over: Sequence[str]) -> None:
    """Refuse an evaluation that is there with other settings, before anything is trained for it.

    Args:
        store: the folder of the sweep.
        name: of the evaluation.
        spec: as `stage_spec` gives it.
        over: axes of its own numbers.

    Raises:
        StoreError: it is there, and another one, or a link leads to it; one line.
    """
    folder = files.own(store, afterwards.FOLDER, name)
    header = read_header(folder)
    if header is None:
        return
    advice = "give the evaluation another name"
    difference = first_difference(header["spec"], spec)
    if difference is not None:
        key, old, new = difference
        key = key.removeprefix("after.")
        raise StoreError(f"{folder}: holds {name} with {key}={old}, asked for {new}; {advice}")
    held = [axis for axis in header["axes"] if axis != MEMBER]
    if held != [*over]:
        old, new = (", ".join(axes) or "nothing" for axes in (held, over))
        raise StoreError(f"{folder}: holds {name} over {old}, asked for {new}; {advice}")


def _check_same(
    store: Path, trained: Mapping[str, Any], key: Key, assets: Mapping[str, Asset]
) -> None:
    """Refuse another root key, and other assets, than the sweep was trained with."""
    now = identified(with_root_key({}, key), assets)
    held = {each: trained.get(each) for each in ("rng", "key")}
    held |= {each: value for each, value in trained.items() if each.startswith(PREFIX)}
    given = {each: now.get(each, "nothing") for each in held}
    refuse_difference(store, "a sweep with", held, given)


def _check_stored(store: Path, header: Mapping[str, Any], ends: Carry) -> None:
    """Refuse a build whose parameters have other names or shapes than those that are stored."""
    for name, leaf in final_leaves(ends).items():
        held = header["schema"].get(name, {"shape": "nothing"})["shape"]
        if held != list(leaf.shape):
            raise StoreError(
                f"{store}: holds {name} of shape {held}, the build has {list(leaf.shape)}"
            )


def described(
    build: Build, axes: Sequence[str], key: Key, assets: Mapping[str, Asset]
) -> tuple[Training, Carry]:
    """A training that says its dimensions, and the shapes of its carry."""
    runs: list[Training] = []

    def init(point: Mapping[str, Array], arrays: Mapping[str, Any], key: Key) -> Carry:
        run = call_build(build, point, read_all(assets, arrays))
        carry = run.init(key)
        runs.append(with_dims(run, carry, short_names([*axes, SEED]).values()))
        return carry

    point = {axis: jax.ShapeDtypeStruct((), np.float32) for axis in axes if axis != SEED}
    shapes = shapes_of(arrays_of(assets))
    carry = jax.eval_shape(init, point, shapes, key)
    return runs[-1], carry


def _others(store: Path, name: str) -> Schema:
    """What other evaluations keep."""
    stages = [read_trained(each) for each in afterwards.folders(store) if each.name != name]
    schemas = [stage[0]["schema"] for stage in stages if stage is not None]
    return {
        result: {**entry, "dims": [], "shape": []}
        for schema in schemas
        for result, entry in schema.items()
        if result != "diverged_step"
    }


def _stage(build: Build, name: str, key: Key, ends: Carry, over: Sequence[str]) -> Build:
    """A build whose single block measures the stored member of a number."""
    structure = jax.tree.structure((ends.params, ends.state))

    def built(point: Mapping[str, Array], given: Mapping[str, Any]) -> Training:
        others = {each: value for each, value in given.items() if each != _ROWS}
        number = point[MEMBER].astype(jnp.int32)
        row = jax.tree.map(lambda leaf: leaf[number], given[_ROWS])
        values = {**row.points, **{axis: point[axis] for axis in over}}
        run = call_build(build, values, others)

        def carry_of(key: Key, tree: tuple[Any, Any]) -> Carry:
            return Carry(
                step=jnp.int32(run.spec.n_steps),
                key=key,
                params=tree[0],
                state=tree[1],
                opt_state=(),
                diverged_step=jnp.int32(-1),
            )

        def advance(carry: Carry) -> tuple[Carry, dict[str, Array]]:
            tree = jax.tree.unflatten(structure, row.leaves)
            member = carry_of(jax.random.fold_in(key, row.seed), tree)
            return carry, run.after[name](member)

        return Training(lambda own: carry_of(own, ((), ())), advance, ONCE)

    return built
