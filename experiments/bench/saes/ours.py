"""superpos as a contestant: the engine of `sweep`, all members on one stream."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from experiments.bench.saes.cases import DENSITY, L1, LEARNING_RATE, N_BATCHES, K, SaeCase
from superpos import data, optim, random, saes
from superpos.engine import launch, plan
from superpos.engine.assets import arrays_of, as_assets
from superpos.engine.choices import search
from superpos.engine.placing import placed
from superpos.engine.width import choose
from superpos.store.grid import make_grid
from superpos.train import FitSpec, training
from superpos.types import Array, Model, Source, Training


class Prepared(NamedTuple):
    """A compiled sweep.

    Attributes:
        run: trains all members once.
        bytes_of_member: memory that the program takes for each member of a chunk.
    """

    run: Callable[[], Any]
    bytes_of_member: float


def prepare(case: SaeCase, n_steps: int) -> Prepared:
    """Compile a sweep whose members differ by their seed.

    Args:
        case: what is trained.
        n_steps: updates of each member.
    """
    import jax

    grid = make_grid({"seed": range(case.n_members)})
    devices = jax.local_devices()
    assets = placed(arrays_of(as_assets(_assets(case))), devices)
    key = random.key(0)
    program = choose(
        search(_build(case, n_steps), grid, key, devices, assets=assets), given=None, asked=None
    )
    _ = program.executables  # compiled for every device now, and not when it pays
    ids = np.arange(grid.n_members)
    missing = np.ones(grid.members.shape, bool)
    task = launch.Task(grid, ids, key, program, assets=assets)

    def run() -> Any:
        return list(launch.train(task, plan.plan(missing, program.width), lambda _: None))

    own = program.n_bytes - program.n_bytes_assets
    return Prepared(run, own / program.width.n_members)


def rows(case: SaeCase) -> np.ndarray:
    """The rows that are given, the same for every contestant, (n_examples, d_in)."""
    shape = (N_BATCHES * case.batch_size, case.d_in)
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def _assets(case: SaeCase) -> dict[str, dict[str, np.ndarray]]:
    if case.n_features == 0:
        return {"examples": {"inputs": rows(case)}}
    directions = np.random.default_rng(0).normal(size=(case.n_features, case.d_in))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return {"features": {"features": directions.astype(np.float32)}}


def _build(case: SaeCase, n_steps: int) -> Callable[..., Training]:
    spec = FitSpec(n_steps=n_steps, batch_size=case.batch_size, log_every=n_steps)

    def build(point: Mapping[str, Array], assets: Mapping[str, Any]) -> Training:
        del point
        return training(
            model=_model(case),
            source=data.shared(data=_stream(case, assets)),
            tx=optim.sae_adam(learning_rate=LEARNING_RATE),
            spec=spec,
        )

    return build


def _model(case: SaeCase) -> Model:
    if case.architecture == "topk":
        return saes.topk(d_in=case.d_in, d_code=case.d_code, k=K, dead=saes.auxk())
    return saes.relu(d_in=case.d_in, d_code=case.d_code, sparsity=saes.sparsity.l1(coefficient=L1))


def _stream(case: SaeCase, assets: Mapping[str, Any]) -> Source:
    if case.n_features == 0:
        return data.examples(n_features=case.d_in, examples=assets["examples"], sampling="stream")
    return data.embedded(
        n_features=case.d_in,
        data=data.sparse_uniform(n_features=case.n_features, density=DENSITY),
        directions=assets["features"],
    )
