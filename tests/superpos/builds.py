"""What is trained in processes of their own, which import it: they cannot have a fixture."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from superpos import data, models, optim
from superpos.train import FitSpec, training
from superpos.types import Training

ROOT = Path(__file__).resolve().parents[2]
"""Where such a process starts, to find this module."""


def autoencoders(
    *, n_steps: int, log_every: int, n_features: int = 3
) -> Callable[[Mapping[str, Any]], Training]:
    """A `build` of autoencoders with two hidden dimensions, over the density."""

    def build(point: Mapping[str, Any]) -> Training:
        return training(
            model=models.autoencoder(n_features=n_features, n_hidden=2),
            source=data.sparse_uniform(n_features=n_features, density=point["density"]),
            tx=optim.adam(learning_rate=1e-2),
            probe=lambda params, state, key: {"norms": (params.W**2).sum(-1)},
            spec=FitSpec(n_steps=n_steps, batch_size=16, log_every=log_every),
        )

    return build
