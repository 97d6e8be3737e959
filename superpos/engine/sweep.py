"""Many runs: a whole grid of hyperparameters as one compiled program, chunk by chunk."""

import dataclasses
import functools
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from superpos.arguments import ArgumentError, check_value, shown
from superpos.engine.assets import PREFIX, Build, as_assets, identified
from superpos.engine.choices import Programs
from superpos.engine.line import on_terminal
from superpos.engine.shared import joining
from superpos.engine.starts import starts_of
from superpos.engine.validity import valid_points
from superpos.engine.width import MEMORY_FRACTION
from superpos.engine.work import OnProgress, Settings, Work, done
from superpos.required import check_key
from superpos.store.folder import check_folder, writing
from superpos.store.grid import make_grid
from superpos.types import Key

if TYPE_CHECKING:
    import xarray


def sweep(
    build: Build,
    *,
    key: Key,
    axes: Mapping[str, Sequence[float]],
    zipped: Sequence[Sequence[str]] = (),
    store: str | Path | None = None,
    spec: Mapping[str, Any] | None = None,
    assets: Mapping[str, Any] | None = None,
    dims: Mapping[str, Sequence[str]] | None = None,
    own_starts: bool = False,
    chunk: int | None = None,
    measure_width: bool = True,
    devices: Sequence[Any] | None = None,
    check_fragile: bool = False,
    memory_fraction: float = MEMORY_FRACTION,
    checkpoint_seconds: float | None = 30.0,
    allow_numerics_change: bool = False,
    on_progress: OnProgress | None = None,
    programs: Programs | None = None,
    part: Collection[bytes] | None = None,
) -> "xarray.Dataset":
    """Train every member of a grid.

    Member (point, seed) is the run of `build(point)` with the key fold_in(key, seed), whatever
    else is in the grid, so a new value on an axis leaves every other member as it was. Members
    that share a seed share their random numbers.

    Args:
        build: called with {axis name: float32 ()} for every axis but `seed`; and, where there are
            assets, with {name: arrays} after it. It is called inside the trace, and before that
            with each value of each axis, at most 1,024 times, so that its factories check them.
        key: the root key, typed.
        axes: name -> values. `seed` takes integers in [0, 2³²); without it the seed is 0.
        zipped: groups of axes that vary together instead of multiplying.
        store: a folder that keeps each finished chunk. The same call again trains what is
            missing; a call with more values on the axes trains only the new members.
        spec: the configuration all members share, dotted key -> plain value. It tells a resume
            from another sweep, so a store needs it, and has to say all that `build` depends on: a
            store that has every member is returned without a call of `build`.
        assets: arrays that are not hyperparameters, by name: an Asset, or a tree of arrays. They
            are arguments of the program, shared by all members, and their hash is part of what a
            member is: with other content it is another member. An array whose memory does not
            begin at a multiple of 64 bytes is copied once.
        dims: names for the own dimensions of a result, such as {"W": ("feature", "hidden")}, where
            the model or the evaluation does not say them.
        own_starts: start every member from a key of its own, so that restarts at one point say
            nothing of those at another: the hash of its configuration, spec and axes, is folded
            into the key of the start. What is drawn later is still shared by members with one seed,
            and a member still depends on nothing else in the grid.
        chunk: members that run together on a device, points of one seed; where there are fewer,
            the rest is computed and left out, so that bits do not depend on what else is in the
            sweep. None chooses by memory, by the size of the cache and, in a long sweep, by
            measured throughput.
        measure_width: False leaves the throughput out, so that a busy machine chooses as an idle
            one does.
        devices: where to train, each with chunks of its own; None is all devices of this process.
        check_fragile: train every member once more from an ulp away, for its `sensitivity`.
        memory_fraction: part of the free memory that the chunks may take, in (0, 1].
        checkpoint_seconds: how often the state of a chunk in training is written to the store, so
            that a call that is killed goes on from there; 0 is after each block, None is never.
        allow_numerics_change: go on in a store made by other versions or on another device.
        on_progress: called after each block; None writes one line to stderr where that is a
            terminal, and nothing elsewhere.
        programs: kept between calls with the same build and settings of JAX, so that a second call
            of the same width compiles nothing; compiled programs are added.
        part: ids of the only members to train, as `Grid.member_ids` has them, for a worker beside
            others in a folder that another process holds: it adds chunks and changes nothing else.

    Returns:
        A Dataset with one dimension per axis (or zipped group), the final parameters, what was
        measured along `step` or along the steps of its own evaluation, `diverged_step`, and a
        `status` per member: "ok", "diverged@<step>", "invalid" where values that are allowed with
        others do not go together, which is not trained, or, outside the part, "missing"; with
        check_fragile, also its `sensitivity`, the relative change of its parameters when it begins
        an ulp away, and whether that makes it `fragile` (> 1e-3).

    Raises:
        ArgumentError: a bad axis, a value that no member can have, a store without a spec, an
            asset that is no array, or results whose names are taken, in one line, before any
            compile.
        TypeError: the key is not a typed key (jax.random.key).
        StoreError: the store cannot be used, in one line.
        MemoryError: one member alone needs more memory than there is.
        TrainError: not even a chunk of one member compiles, in one line.
    """
    check_key(key)
    check_value("own_starts", own_starts, bool)
    if store is not None:
        check_folder("store", store)
    if store is not None and not spec:
        raise ArgumentError("spec: missing, expected the configuration that the store is to keep")
    if not isinstance(spec or {}, Mapping):
        raise ArgumentError(f"spec={shown(spec)}: expected a mapping, key -> plain value")
    settings = Settings(
        chunk=chunk,
        measure_width=measure_width,
        devices=devices,
        check_fragile=check_fragile,
        memory_fraction=memory_fraction,
        checkpoint_seconds=checkpoint_seconds,
        allow_numerics_change=allow_numerics_change,
        on_progress=on_terminal() if on_progress is None else on_progress,
        programs=programs,
    )
    grid = make_grid(axes, zipped)
    given = as_assets(assets or {})
    spec = identified(with_root_key({**(spec or {}), **starts_of(own_starts)}, key), given)
    hidden = [name for name in grid.axes if name.startswith(PREFIX)]
    if hidden:
        raise ArgumentError(f"{hidden[0]}: expected an axis of another name, as assets have these")
    ids = grid.member_ids(spec)
    if own_starts:
        grid = dataclasses.replace(grid, starts=grid.digests(spec))
    wanted = _wanted(ids, part)
    valid = functools.cache(lambda: grid.of_members(valid_points(build, grid.points, given)))
    if store is None or not Path(store, "sweep.json").exists():
        valid()  # so that what is refused leaves no folder
    work = Work(build, grid, spec, ids, wanted, valid, key, given, dims or {}, settings)
    with (writing if part is None else joining)(store, grid, spec) as held:
        return done(work, held)


def _wanted(ids: np.ndarray, part: Collection[bytes] | None) -> np.ndarray:
    """Which members are to be trained, bool (n_members,).

    Raises:
        ArgumentError: the part has a member that is not in the sweep, in one line.
    """
    if part is None:
        return np.ones(len(ids), bool)
    strange = sorted({*part} - {*ids.tolist()})
    if strange:
        raise ArgumentError(f"part={strange[0]!r}: expected ids of members of the sweep")
    return np.isin(ids, np.asarray([*part], ids.dtype))


def with_root_key(spec: Mapping[str, Any], key: Key) -> dict[str, Any]:
    """The configuration with the root key, as members are identified by."""
    data = jax.random.key_data(key).tolist()
    return {**spec, "rng": str(jax.random.key_impl(key)), "key": data}
