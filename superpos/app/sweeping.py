"""How a plan is trained, wherever that is: the arguments of its sweep, and the settings of JAX."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax

from superpos import random
from superpos.app.config.sweep_plan import SweepPlan, spec_after
from superpos.engine.after import check_stage, evaluate, stage_spec
from superpos.engine.assets import identified
from superpos.engine.sweep import with_root_key
from superpos.store.folder import Store
from superpos.store.grid import make_grid
from superpos.train import sweep
from superpos.types import Key

if TYPE_CHECKING:
    import xarray

ROOT_SEED = 0
"""The root key of every experiment; members differ by their own seed, folded into it."""


def sweep_arguments(plan: SweepPlan) -> dict[str, Any]:
    """What `superpos.train.sweep` is told of a plan, but for where it is stored."""
    engine = plan.config["engine"]
    settings = (
        "chunk",
        "measure_width",
        "memory_fraction",
        "checkpoint_seconds",
        "check_fragile",
        "own_starts",
        "allow_numerics_change",
    )
    return {
        "build": plan.build,
        "key": root_key(plan.config),
        "axes": plan.axes,
        "zipped": plan.zipped,
        "spec": plan.spec,
        "assets": plan.trained_with,
        "devices": _devices(plan.config),
        **{name: engine[name] for name in settings},
    }


def train(plan: SweepPlan, **settings: Any) -> "xarray.Dataset":
    """Train a plan in the arithmetic that its config says.

    Args:
        plan: what is trained.
        **settings: how, and where it is stored, as further arguments of `superpos.train.sweep`.

    Returns:
        What `sweep` returns.
    """
    set_precision(plan.config)
    if settings.get("store") is not None:
        check_store(plan, Path(settings["store"]))
    with arithmetic(plan.config):
        return sweep(**sweep_arguments(plan), **settings)


def check_store(plan: SweepPlan, folder: Path) -> None:
    """Refuse a folder that holds another sweep, or other evaluations of its members.

    Raises:
        StoreError: one line.
    """
    spec = with_root_key(identified(plan.spec, plan.trained_with), root_key(plan.config))
    Store(folder, make_grid(plan.axes, plan.zipped), spec)
    check_after(plan, folder)


def check_after(plan: SweepPlan, folder: Path) -> None:
    """Refuse what a plan is to measure of stored members, before anything is trained for it.

    Raises:
        StoreError: the folder holds another evaluation of that name; one line.
    """
    trained = with_root_key(identified(plan.spec, plan.trained_with), root_key(plan.config))
    for name, axes in plan.over.items():
        spec = stage_spec(trained, spec_after(plan.config, name), plan.assets)
        check_stage(folder, name, spec, [*axes])


def measure_after(plan: SweepPlan, folder: Path) -> None:
    """Make what a plan measures of stored members, where it is not there yet.

    Args:
        plan: whose members are stored.
        folder: of its sweep.

    Raises:
        StoreError: the folder holds another evaluation of that name; one line.
    """
    engine = plan.config["engine"]
    for name, axes in plan.over.items():
        with arithmetic(plan.config):
            evaluate(
                plan.build_later,
                store=folder,
                key=root_key(plan.config),
                name=name,
                spec=spec_after(plan.config, name),
                over=axes,
                assets=plan.assets,
                devices=_devices(plan.config),
                chunk=engine["chunk"],
                measure_width=engine["measure_width"],
                memory_fraction=engine["memory_fraction"],
                allow_numerics_change=engine["allow_numerics_change"],
            )


def _devices(config: Mapping[str, Any]) -> list[Any]:
    return jax.local_devices()[: config["engine"]["n_devices"]]


def root_key(config: Mapping[str, Any]) -> Key:
    """The key that every member's seed is folded into."""
    return random.key(ROOT_SEED, rng=config["engine"]["rng"])


def set_precision(config: Mapping[str, Any]) -> None:
    """Compute products in the precision that the config says, from now on."""
    jax.config.update("jax_default_matmul_precision", config["engine"]["matmul_precision"])


def arithmetic(config: Mapping[str, Any]) -> AbstractContextManager[Any]:
    """Compute in float64 inside, where the config says so, and in float32 else."""
    return jax.enable_x64(config["engine"]["x64"])
