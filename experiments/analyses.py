"""Analyses by name: what reads the results of a sweep and judges its claims."""

from collections.abc import Mapping

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
from experiments.gauge import audit, rescaling, scale
from experiments.gauge import dynamics as gauge_dynamics
from experiments.gauge import noise as gauge_noise
from experiments.lecomte import collisions, noise, sparsification
from experiments.registry import REGISTRY
from experiments.scherlis import capacity, phase
from experiments.train import summarise
from superpos.components import Factory, Registry

ANALYSES: Mapping[str, Factory] = {
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
}
"""Kind of an analysis -> (datasets, folder) -> Findings."""

EVERYTHING: Registry = {**REGISTRY, "analysis": ANALYSES}
"""Group of the config -> kind -> factory, the analyses among them."""
