"""The page of a multirun: all its members in one figure, what failed, and how to open it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray

from superpos.app.claims.setting import label_text
from superpos.app.findings import Figure, with_formats
from superpos.app.plots.figures import PALETTE, styled
from superpos.app.report.page import write_page
from superpos.app.train import measure
from superpos.app.train.axes import draw_axes
from superpos.app.train.figures import draw_summary
from superpos.store import multirun
from superpos.store.grid import SEED
from superpos.train import store

MOST_FAILURES = 20
MOST_TRIALS = 20


def write(
    folder: Path,
    config: Mapping[str, Any],
    command: str,
    n_jobs: int,
    failures: Sequence[tuple[str, str]],
    best: Sequence[str],
) -> Path:
    """Write `index.html` into the folder of a multirun.

    Args:
        folder: with its multirun.json.
        config: of one of its jobs.
        command: that made it.
        n_jobs: jobs of this command.
        failures: overrides and reason for each job that failed.
        best: what a search has found, a line for each trial.

    Returns:
        The path of the page.
    """
    found = multirun.read(folder)
    assert found is not None
    members, base = found
    dataset = store.open(folder)
    facts = {
        "Jobs": f"{n_jobs:,}, {len(failures):,} of them failed",
        "Models": f"{dataset['status'].size:,} over {', '.join(members.keys) or 'no key'}",
        "Programs": f"{len(set(members.groups)):,}",
        "Open": f"superpos.store.open({str(folder)!r})",
    }
    for number, trial in enumerate(best[:MOST_TRIALS], 1):
        facts["Best trial" if len(best) == 1 else f"Best trial, {number} of {len(best):,}"] = trial
    for job, reason in failures[:MOST_FAILURES]:
        facts[f"Failed, {job}"] = reason
    if len(failures) > MOST_FAILURES:
        facts["Failed, others"] = f"{len(failures) - MOST_FAILURES:,}"
    drawable = {"loss", "features_per_dimension"} <= {*dataset.data_vars}
    anything = drawable and bool(np.isfinite(dataset["loss"]).any())
    return write_page(
        folder,
        title=config["title"],
        question=config["question"],
        figures=_draw(dataset, folder) if anything else [],
        records=[],
        config=base,
        command=command,
        facts=facts,
        best=best[:MOST_TRIALS],
    )


@styled
def _draw(dataset: xarray.Dataset, folder: Path) -> list[Figure]:
    """Results against what varies, then the course of training."""
    course = draw_summary(measure.measure(_by_colour(dataset)), folder)
    figures = [*draw_axes("multirun", dataset, folder), course]
    return [with_formats(folder, figure) for figure in figures]


def _by_colour(dataset: xarray.Dataset) -> dict[str, xarray.Dataset]:
    """The members apart by the first key that takes few values, to be told by colour."""
    for key in json.loads(dataset.attrs["keys"]):
        [name] = [n for n, c in dataset.coords.items() if c.attrs.get("key") == key]
        coordinate = dataset[name]
        values = np.unique(coordinate)
        if key != SEED and 1 < len(values) <= len(PALETTE):
            places = (np.flatnonzero(coordinate == value) for value in values)
            return {
                f"{name}={label_text(value.item())}": dataset.isel({coordinate.dims[0]: where})
                for value, where in zip(values, places, strict=True)
            }
    return {"all": dataset}
