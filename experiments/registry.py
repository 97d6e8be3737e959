"""Components by name: what a `kind:` in a config stands for. Nothing else can be named there."""

from collections.abc import Callable
from typing import Any

from experiments.elhage import (
    adversarial,
    decomposition,
    demonstrating,
    intro,
    phase_change,
    privileged,
    uniform,
)
from experiments.scherlis import capacity, phase
from experiments.train import summarise
from superpos import data, models, optim, probes

Factory = Callable[..., Any]

REGISTRY: dict[str, dict[str, Factory]] = {
    "data": {
        "anticorrelated_sets": data.anticorrelated_sets,
        "correlated_sets": data.correlated_sets,
        "elementwise": data.elementwise,
        "finite": data.finite,
        "gaussian_copula": data.gaussian_copula,
        "hierarchy": data.hierarchy,
        "identity": data.identity,
        "one_sparse": data.one_sparse,
        "sparse_uniform": data.sparse_uniform,
    },
    "magnitude": {"normal": data.magnitudes.normal, "uniform": data.magnitudes.uniform},
    "model": {
        "autoencoder": models.autoencoder,
        "computation": models.computation,
        "quadratic": models.quadratic,
    },
    "optim": {"adam": optim.adam, "adamw": optim.adamw, "sgd": optim.sgd},
    "schedule": {
        "constant": optim.schedules.constant,
        "cosine": optim.schedules.cosine,
        "linear": optim.schedules.linear,
    },
    "probe": {
        "geometry": probes.geometry,
        "loss": probes.loss,
        "superposition": probes.superposition,
    },
    "analysis": {
        "train": summarise,
        "elhage/adversarial": adversarial.analyse,
        "elhage/decomposition": decomposition.analyse,
        "elhage/demonstrating": demonstrating.analyse,
        "elhage/intro": intro.analyse,
        "elhage/phase_change": phase_change.analyse,
        "elhage/privileged": privileged.analyse,
        "elhage/uniform": uniform.analyse,
        "scherlis/capacity": capacity.analyse,
        "scherlis/phase": phase.analyse,
    },
}
"""Group of the config -> kind -> factory."""
