"""Components by name: what a `kind:` in a config stands for. Nothing else can be named there."""

from collections.abc import Callable
from typing import Any

from experiments.elhage import (
    computation,
    computation_sparsity,
    demonstrating,
    intro,
    phase_change,
    privileged,
)
from experiments.train import summarise
from superpos import data, models, optim, probes

Factory = Callable[..., Any]

REGISTRY: dict[str, dict[str, Factory]] = {
    "data": {
        "anticorrelated_sets": data.anticorrelated_sets,
        "correlated_sets": data.correlated_sets,
        "elementwise": data.elementwise,
        "gaussian_copula": data.gaussian_copula,
        "hierarchy": data.hierarchy,
        "sparse_uniform": data.sparse_uniform,
    },
    "magnitude": {"normal": data.magnitudes.normal, "uniform": data.magnitudes.uniform},
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
        "elhage/computation": computation.analyse,
        "elhage/computation_sparsity": computation_sparsity.analyse,
        "elhage/demonstrating": demonstrating.analyse,
        "elhage/intro": intro.analyse,
        "elhage/phase_change": phase_change.analyse,
        "elhage/privileged": privileged.analyse,
    },
}
"""Group of the config -> kind -> factory."""
