"""Components by name: what a `kind:` in a config stands for. Nothing else can be named there."""

from collections.abc import Callable
from typing import Any

from experiments.chen import llc, plateaus
from experiments.elhage import demonstrating, intro, phase_change
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
    "model": {"autoencoder": models.autoencoder, "polygon": models.polygon},
    "optim": {"adam": optim.adam, "adamw": optim.adamw, "sgd": optim.sgd, "sgld": optim.sgld},
    "schedule": {
        "constant": optim.schedules.constant,
        "cosine": optim.schedules.cosine,
        "linear": optim.schedules.linear,
    },
    "probe": {"superposition": probes.superposition, "trajectory": probes.trajectory},
    "analysis": {
        "train": summarise,
        "chen/llc": llc.analyse,
        "chen/sgd": plateaus.analyse,
        "elhage/demonstrating": demonstrating.analyse,
        "elhage/intro": intro.analyse,
        "elhage/phase_change": phase_change.analyse,
    },
}
"""Group of the config -> kind -> factory."""
