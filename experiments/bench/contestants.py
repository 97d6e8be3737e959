"""Who takes part: superpos in several ways, and what people use instead where it is installed."""

import functools
import importlib.util
from collections.abc import Callable
from typing import NamedTuple

import jax

from experiments.bench import ours, peers
from experiments.bench.cases import Case, Pace

CHUNKED_STEPS = 100
"""On a CPU each chunk has a start and an end, which take as long as two or three updates: a large
share of a training of a few updates, and none of one of thousands, as they are in use."""
UNROLLED_FEATURES = 5
"""The kernel is unrolled over features. At 20→5 on an H200 it took 35 s to compile and 7 times as
long as the ordinary engine."""


class Contestant(NamedTuple):
    """One way to train all models of a case.

    Attributes:
        prepare: (case, n_steps) -> a function that trains once; compiles where that is needed.
        pace: from which the length of a sample follows.
        most_features: cases of more are not for it; None is no limit.
    """

    prepare: Callable[[Case, int], ours.Run]
    pace: Pace
    most_features: int | None = None

    def takes(self, case: Case) -> bool:
        """Whether a case is for it."""
        return self.most_features is None or case.n_features <= self.most_features


ONE_SEED, SEED_EACH, KERNEL = "superpos, one seed", "superpos, a seed each", "superpos, one kernel"
OURS = (ONE_SEED, SEED_EACH, KERNEL)
CPU = {
    ONE_SEED: Contestant(ours.points, Pace(10_000, 1.0, 0.1, CHUNKED_STEPS)),
    SEED_EACH: Contestant(ours.seeds, Pace(10_000, 2.0, 0.1, CHUNKED_STEPS)),
    "jax vmap of scan": Contestant(peers.jax_vmap, Pace(10_000, 35.0, 0.1)),
    "torch eager": Contestant(peers.torch_eager, Pace(10_000, 35.0, 0.1)),
}
GPU = {
    ONE_SEED: Contestant(ours.points, Pace(25_000, 0.01, 0.0005)),
    SEED_EACH: Contestant(ours.seeds, Pace(25_000, 0.01, 0.0005)),
    KERNEL: Contestant(
        functools.partial(ours.seeds, kernel="pallas"), Pace(6_000, 0.005, 0.001), UNROLLED_FEATURES
    ),
    "jax vmap of scan": Contestant(peers.jax_vmap, Pace(25_000, 0.04, 0.0005)),
    "torch eager": Contestant(peers.torch_eager, Pace(1_700_000, 0.04, 0.0005)),
    "torch compiled": Contestant(peers.torch_compiled, Pace(800_000, 0.02, 0.0005)),
}


def contestants() -> dict[str, Contestant]:
    """All that can run on this machine, superpos first."""
    found = CPU if jax.default_backend() == "cpu" else GPU
    if importlib.util.find_spec("torch") is not None:
        return dict(found)
    return {name: each for name, each in found.items() if not name.startswith("torch")}
