"""What a worker does: train some members of a group into its store, which the driver holds."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from superpos.app import sweeping
from superpos.app.config import loading
from superpos.app.config.sweep_plan import ConfigError, make_plan
from superpos.app.extensions import ExtensionError, name_packages, named
from superpos.app.multirun.groups import Group
from superpos.app.startup import start_jax
from superpos.arguments import ArgumentError
from superpos.train import FitSpec, StoreError, TrainError


def payload(group: Group, ids: Sequence[bytes], place: Path) -> dict[str, Any]:
    """What `train` needs of a group, as plain values.

    Args:
        group: whose members are to be trained.
        ids: content hashes of those that are.
        place: folder of the group's store, the same on every machine.
    """
    sweep = group.plan
    return {
        "config": dict(sweep.config),
        "axes": sweep.axes,
        "zipped": sweep.zipped,
        "assets": {name: each.digest for name, each in sweep.trained_with.items()},
        "ids": [each.decode() for each in ids],
        "store": str(place),
        "packages": named(),
    }


def train_alone(part: Mapping[str, Any]) -> str | None:
    """`train` in a process of its own, on all devices of its machine."""
    start_jax()
    return train(part)


def train(part: Mapping[str, Any]) -> str | None:
    """Train the members of a part that are not on disk.

    Args:
        part: as `payload` gives it.

    Returns:
        None; or one line why they cannot be trained, wherever that is tried.
    """
    config = part["config"]
    name_packages(part["packages"])
    try:
        with sweeping.arithmetic(config):
            assets = loading.loaded(config["assets"], [*part["assets"]], {})
        for name, digest in part["assets"].items():
            if assets[name].digest != digest:
                raise StoreError(
                    f"assets.{name}: has {assets[name].digest} here, expected {digest} as where the"
                    " multirun was begun"
                )
        job = make_plan(config, part["axes"], part["zipped"], FitSpec(**config["fit"]), assets)
        ids = np.asarray(part["ids"], "S16").tolist()
        sweeping.train(job, store=part["store"], part=ids)
    except (
        ArgumentError,
        ConfigError,
        ExtensionError,
        StoreError,
        TrainError,
        MemoryError,
    ) as error:
        return "; ".join(str(error).splitlines())
    return None
