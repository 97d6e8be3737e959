"""Components by name: what a `kind:` in a config stands for. Nothing else can be named there."""

from collections.abc import Callable
from typing import Any

from experiments.elhage import correlated, demonstrating, dynamics, intro, perturbed, phase_change
from experiments.train import summarise
from superpos import data, models, optim, probes

Factory = Callable[..., Any]

REGISTRY: dict[str, dict[str, Factory]] = {
    "data": {
        "anticorrelated_sets": data.anticorrelated_sets,
        "correlated_sets": data.correlated_sets,
        "gaussian_copula": data.gaussian_copula,
        "hierarchy": data.hierarchy,
        "sparse_uniform": data.sparse_uniform,
    },
    "magnitude": {"normal": data.magnitudes.normal, "uniform": data.magnitudes.uniform},
    "model": {"autoencoder": models.autoencoder},
    "optim": {"adam": optim.adam, "adamw": optim.adamw, "sgd": optim.sgd},
    "schedule": {
        "constant": optim.schedules.constant,
        "cosine": optim.schedules.cosine,
        "linear": optim.schedules.linear,
    },
    "probe": {"superposition": probes.superposition},
    "analysis": {
        "train": summarise,
        "elhage/correlated": correlated.analyse,
        "elhage/demonstrating": demonstrating.analyse,
        "elhage/dynamics": dynamics.analyse,
        "elhage/intro": intro.analyse,
        "elhage/perturbed": perturbed.analyse,
        "elhage/phase_change": phase_change.analyse,
    },
}
"""Group of the config -> kind -> factory."""
