"""Components by name: what a `kind:` in a config stands for. Nothing else can be named there."""

from collections.abc import Callable
from typing import Any

from experiments.chen import llc, plateaus, posterior
from experiments.elhage import (
    adversarial,
    adversarial_training,
    computation,
    computation_sparsity,
    correlated,
    decomposition,
    demonstrating,
    dynamics,
    intro,
    perturbed,
    phase_change,
    privileged,
    uniform,
)
from experiments.gauge import audit, digits, rescaling, scale
from experiments.gauge import dynamics as gauge_dynamics
from experiments.gauge import noise as gauge_noise
from experiments.lecomte import collisions, noise, sparsification
from experiments.scherlis import capacity, phase
from experiments.train import summarise
from superpos import data, models, optim, probes

Factory = Callable[..., Any]

REGISTRY: dict[str, dict[str, Factory]] = {
    "data": {
        "anticorrelated_sets": data.anticorrelated_sets,
        "correlated_sets": data.correlated_sets,
        "digits": digits.digits,
        "elementwise": data.elementwise,
        "finite": data.finite,
        "gaussian_copula": data.gaussian_copula,
        "hierarchy": data.hierarchy,
        "identity": data.identity,
        "labelled": data.labelled,
        "one_sparse": data.one_sparse,
        "sparse_uniform": data.sparse_uniform,
    },
    "magnitude": {"normal": data.magnitudes.normal, "uniform": data.magnitudes.uniform},
    "model": {
        "autoencoder": models.autoencoder,
        "computation": models.computation,
        "mlp": models.mlp,
        "quadratic": models.quadratic,
    },
    "init": {
        "glorot": models.inits.glorot,
        "he": models.inits.he,
        "notebook": models.inits.notebook,
        "polygon": models.inits.polygon,
        "rescaled": models.inits.rescaled,
        "rotated": models.inits.rotated,
        "unit": models.inits.unit,
    },
    "error": {"power": models.errors.power, "squared": models.errors.squared},
    "regulariser": {
        "attack": models.regularisers.attack,
        "l1_code": models.regularisers.l1_code,
        "l1_weights": models.regularisers.l1_weights,
        "noise": models.regularisers.noise,
    },
    "optim": {
        "adam": optim.adam,
        "adamw": optim.adamw,
        "balanced_sgd": optim.balanced_sgd,
        "muon": optim.muon,
        "row_adam": optim.row_adam,
        "sgd": optim.sgd,
        "sgld": optim.sgld,
        "shampoo": optim.shampoo,
    },
    "schedule": {
        "constant": optim.schedules.constant,
        "cosine": optim.schedules.cosine,
        "linear": optim.schedules.linear,
    },
    "probe": {
        "geometry": probes.geometry,
        "loss": probes.loss,
        "superposition": probes.superposition,
        "trajectory": probes.trajectory,
    },
    "analysis": {
        "train": summarise,
        "chen/llc": llc.analyse,
        "chen/posterior": posterior.analyse,
        "chen/sgd": plateaus.analyse,
        "elhage/adversarial": adversarial.analyse,
        "elhage/adversarial_training": adversarial_training.analyse,
        "elhage/computation": computation.analyse,
        "elhage/computation_sparsity": computation_sparsity.analyse,
        "elhage/correlated": correlated.analyse,
        "elhage/decomposition": decomposition.analyse,
        "elhage/demonstrating": demonstrating.analyse,
        "elhage/dynamics": dynamics.analyse,
        "elhage/intro": intro.analyse,
        "elhage/perturbed": perturbed.analyse,
        "elhage/phase_change": phase_change.analyse,
        "elhage/privileged": privileged.analyse,
        "elhage/uniform": uniform.analyse,
        "gauge/audit": audit.analyse,
        "gauge/dynamics": gauge_dynamics.analyse,
        "gauge/noise": gauge_noise.analyse,
        "gauge/rescaling": rescaling.analyse,
        "gauge/scale": scale.analyse,
        "lecomte/collisions": collisions.analyse,
        "lecomte/noise": noise.analyse,
        "lecomte/sparsification": sparsification.analyse,
        "scherlis/capacity": capacity.analyse,
        "scherlis/phase": phase.analyse,
    },
}
"""Group of the config -> kind -> factory."""
