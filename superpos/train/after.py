"""The second stage of a sweep: evaluations of stored members, kept and resumed as members are.

A folder of its own holds the results, <store>/after/<evaluation>/, itself a store. Its members are
those of the sweep, with the same ids; where numbers of the evaluation are swept, a member for each
value of them. `read_after` adds what is there to the results of the sweep.
"""

import dataclasses
import hashlib
import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from superpos.arguments import ArgumentError
from superpos.train.assets import as_asset, reading
from superpos.train.files import StoreError
from superpos.train.fit import check_key
from superpos.train.grid import SEED, Grid, canonical, check_count, make_grid
from superpos.train.placing import shapes_of
from superpos.train.results import RESERVED, final_leaves
from superpos.train.store import FOLDER_AFTER, Swept, read_trained, writing
from superpos.train.work import Settings, Work, done
from superpos.types import Array, Asset, Carry, FitSpec, Key, Training

MEMBER = "member"
"""The axis of the second stage: the number of a member of the sweep."""
_STORED = "stored members"


class _Rows(NamedTuple):
    """The members of a sweep as arrays, a row each.

    Attributes:
        points: axis -> its value, (n_members,).
        seeds: (n_members,).
        leaves: final parameters and state, in the order of the tree.
        diverged_step: (n_members,).
    """

    points: dict[str, Any]
    seeds: Any
    leaves: list[Any]
    diverged_step: Any


def evaluate(
    build: Callable[..., Training],
    *,
    store: str | Path,
    key: Key,
    name: str,
    spec: Mapping[str, Any],
    over: Mapping[str, Sequence[float]] | None = None,
    assets: Mapping[str, Any] | None = None,
    **settings: Any,
) -> None:
    """Measure what an evaluation with `after` says of every member that a store holds.

    What is measured is stored with the members, and `superpos.train.store.open` returns it with all
    else. The same call again measures the members that have come since; nothing is trained.

    Args:
        build: that of the sweep; also given the values of `over`.
        store: the folder of the sweep.
        key: the root key of the sweep.
        name: of the evaluation, one of `after` in the training.
        spec: its configuration, dotted key -> plain value, which tells it from another one.
        over: axes of its own numbers, dotted key -> values. Results get a dimension for each.
        assets: those of the sweep, by name.
        **settings: how, as arguments of `sweep`: chunk, devices, memory_fraction, on_progress,
            programs, allow_numerics_change.

    Raises:
        ArgumentError: no such evaluation, a bad axis, or a result whose name is taken; one line.
        StoreError: there is no sweep in the folder, or another evaluation of that name; one line.
    """
    check_key(key)
    found = read_trained(Path(store))
    if found is None:
        raise StoreError(f"{store}: expected a folder with a sweep.json")
    header, grid, table = found
    given = {each: as_asset(each, value) for each, value in (assets or {}).items()}
    training = _traced(build, grid, key, given, over or {})
    if name not in training.after:
        raise ArgumentError(f"{name}: expected an evaluation with after, one of"
                            f" {', '.join(training.after) or 'none'}")
    own = make_grid({MEMBER: range(grid.n_members), **(over or {})})
    check_count(own)
    rows = _rows_of(grid, table.arrays, training, key)
    stage = _Stage(build, name, key, training.spec, given, jax.tree.structure(_ends(training, key)))
    work = Work(
        build=stage.build,
        grid=own,
        spec={**header["spec"], **{f"after.{k}": v for k, v in spec.items()}},
        ids=ids_of(table.ids, own),
        wanted=np.repeat(table.present, own.n_members // grid.n_members),
        key=key,
        assets={_STORED: Asset(jax.tree.map(np.asarray, rows), ""), **given},
        dims=training.dims,
        settings=Settings(**{**settings, "checkpoint_seconds": None}),
    )
    _check_names(header, grid, work, stage)
    with writing(Path(store, FOLDER_AFTER, name), own, work.spec) as held:
        done(work, held)
