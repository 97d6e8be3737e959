"""Components by name: what a `kind:` in a config stands for. Nothing else can be named there."""

from collections.abc import Callable
from typing import Any

from experiments.elhage import adversarial, decomposition, demonstrating, intro, phase_change, uniform
from experiments.train import summarise
from superpos import data, models, optim, probes

Factory = Callable[..., Any]

REGISTRY: dict[str, dict[str, Factory]] = {
    "data": {
        "finite": data.finite,
        "identity": data.identity,
        "one_sparse": data.one_sparse,
        "sparse_uniform": data.sparse_uniform,
    },
    "model": {"autoencoder": models.autoencoder},
    "optim": {"adam": optim.adam, "adamw": optim.adamw, "sgd": optim.sgd},
    "schedule": {
        "constant": optim.schedules.constant,
        "cosine": optim.schedules.cosine,
        "linear": optim.schedules.linear,
    },
    "probe": {"geometry": probes.geometry, "superposition": probes.superposition},
    "analysis": {
        "train": summarise,
        "elhage/adversarial": adversarial.analyse,
        "elhage/decomposition": decomposition.analyse,
        "elhage/demonstrating": demonstrating.analyse,
        "elhage/intro": intro.analyse,
        "elhage/phase_change": phase_change.analyse,
        "elhage/uniform": uniform.analyse,
    },
}
"""Group of the config -> kind -> factory."""
