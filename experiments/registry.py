"""Components by name: what a `kind:` in a config stands for. Nothing else can be named there."""

from collections.abc import Callable
from typing import Any

from experiments.elhage import demonstrating, intro, phase_change
from experiments.train import summarise
from superpos import data, models, optim, probes

Factory = Callable[..., Any]

REGISTRY: dict[str, dict[str, Factory]] = {
    "data": {
        "elementwise": data.elementwise,
        "sparse_uniform": data.sparse_uniform,
    },
    "model": {"autoencoder": models.autoencoder, "computation": models.computation},
    "optim": {"adam": optim.adam, "adamw": optim.adamw, "sgd": optim.sgd},
    "schedule": {
        "constant": optim.schedules.constant,
        "cosine": optim.schedules.cosine,
        "linear": optim.schedules.linear,
    },
    "probe": {"loss": probes.loss, "superposition": probes.superposition},
    "analysis": {
        "train": summarise,
        "elhage/demonstrating": demonstrating.analyse,
        "elhage/intro": intro.analyse,
        "elhage/phase_change": phase_change.analyse,
    },
}
"""Group of the config -> kind -> factory."""
