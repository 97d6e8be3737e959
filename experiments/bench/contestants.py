"""Who takes part: superpos twice, and what people use instead where it is installed."""

import importlib.util
from collections.abc import Callable
from typing import NamedTuple

from experiments.bench import ours, peers
from experiments.bench.cases import Case

CHUNKED_MS = 0.6
"""Each chunk has a start and an end, whose share in a training of a few updates would be large and
in one of thousands, as they are in use, is not."""


class Contestant(NamedTuple):
    """One way to train all models of a case.

    Attributes:
        prepare: (case, n_steps) -> a function that trains once; compiles where that is needed.
        ns_per_number: a guess at what a number of a batch costs, from which the length of a sample
            follows and nothing else.
        model_ms: least length of the training of one model, by the same guess.
    """

    prepare: Callable[[Case, int], ours.Run]
    ns_per_number: float
    model_ms: float = 0.0


OURS = {
    "superpos, one seed": Contestant(ours.points, 1.0, CHUNKED_MS),
    "superpos, a seed each": Contestant(ours.seeds, 2.0, CHUNKED_MS),
}
JAX = {"jax vmap of scan": Contestant(peers.jax_vmap, 35.0)}
TORCH = {"torch eager": Contestant(peers.torch_eager, 35.0)}
TORCH_GPU = {"torch compiled": Contestant(peers.torch_compiled, 5.0)}


def contestants() -> dict[str, Contestant]:
    """All that can run on this machine, superpos first."""
    found = {**OURS, **JAX}
    if importlib.util.find_spec("torch") is None:
        return found
    import torch  # pyright: ignore[reportMissingImports]

    return {**found, **TORCH, **(TORCH_GPU if torch.cuda.is_available() else {})}
