"""superpos as a contestant: the engine of `sweep`, compiled once and trained many times."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from jax.extend import core

from experiments.bench.cases import IMPORTANCE_DECAY, LEARNING_RATE, WEIGHT_DECAY, Case
from superpos import data, models, optim, random
from superpos.engine import choices, launch, plan
from superpos.engine.assets import Build
from superpos.engine.tracing import traced_chunk
from superpos.engine.width import choose
from superpos.store.files import Rows
from superpos.store.grid import make_grid
from superpos.store.width import Width
from superpos.train import FitSpec, training
from superpos.train.training import Kernel
from superpos.types import Array, Training

Trained = tuple[np.ndarray, np.ndarray]
Run = Callable[[], Trained]
"""Trains all models once, from the start to the end: W (n_models, n_features, n_hidden) and b
(n_models, n_features)."""
SEEDS_DENSITY = 0.1


def points(
    case: Case,
    n_steps: int,
    log_every: int | None = None,
    chunk: int | None = None,
    kernel: Kernel = "xla",
) -> Run:
    """One seed for all: the models share their random numbers, as points of a grid do.

    Args:
        case: what is trained.
        n_steps: updates of each model.
        log_every: updates in a block; None is a single block.
        chunk: as in `sweep`.
        kernel: as in `training`.

    Returns:
        The training.
    """
    build = build_of(case, n_steps, log_every or n_steps, kernel)
    return _engine(build, axes_of(case, seed_each=False), chunk)


def seeds(case: Case, n_steps: int, kernel: Kernel = "xla") -> Run:
    """A seed for each model: every model has random numbers of its own, at one density."""
    axes = axes_of(case, seed_each=True)
    return _engine(build_of(case, n_steps, n_steps, kernel), axes, None)


def axes_of(case: Case, *, seed_each: bool) -> Mapping[str, Sequence[float]]:
    """What the models of a case differ in: their density, or their seed."""
    if seed_each:
        return {"density": [SEEDS_DENSITY], "seed": range(case.n_models)}
    return {"density": case.densities}


def block_of_updates(case: Case, n_steps: int, *, seed_each: bool) -> core.ClosedJaxpr:
    """A block of updates of all models as one program, as it is traced before it is compiled."""
    grid = make_grid(axes_of(case, seed_each=seed_each))
    n_points, n_seeds = grid.members.shape
    build = build_of(case, n_steps, n_steps, "xla")
    dtype = random.key(0).dtype
    width = Width(n_seeds, n_points)
    return traced_chunk(build, grid.given, width, dtype, {}, float("inf")).advance.jaxpr


def build_of(case: Case, n_steps: int, log_every: int, kernel: Kernel) -> Build:
    """A build over density, {density} -> the training of an autoencoder of a case.

    Args:
        case: what is trained.
        n_steps: updates.
        log_every: updates in a block.
        kernel: as in `training`.
    """
    spec = FitSpec(n_steps=n_steps, batch_size=case.batch_size, log_every=log_every)

    def build(point: Mapping[str, Array]) -> Training:
        source = data.sparse_uniform(n_features=case.n_features, density=point["density"])
        model = models.autoencoder(
            n_features=case.n_features,
            n_hidden=case.n_hidden,
            importance_decay=IMPORTANCE_DECAY,
        )
        tx = optim.adamw(learning_rate=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
        return training(
            model=model, source=source, tx=tx, probe=lambda *_: {}, spec=spec, kernel=kernel
        )

    return build


def _engine(build: Build, axes: Mapping[str, Sequence[float]], chunk: int | None) -> Run:
    """What `sweep` does without a store: choose the width, then train all chunks."""
    grid = make_grid(axes)
    key = random.key(0)
    program = choose(choices.search(build, grid, key), given=None, asked=chunk)
    _ = program.executables  # compiled for every device now, and not when it pays
    ids = np.arange(grid.n_members)
    missing = np.ones(grid.members.shape, bool)

    def run() -> Trained:
        chunks = plan.plan(missing, program.width)
        task = launch.Task(grid, ids, key, program)
        return _in_order(list(launch.train(task, chunks, lambda _: None)))

    return run


def _in_order(chunks: Sequence[Rows]) -> Trained:
    order = np.argsort(np.concatenate([rows.ids for rows in chunks]))
    W, b = (np.concatenate([rows.arrays[name] for rows in chunks])[order] for name in ("W", "b"))
    return W, b
