"""The components of superpos by name; a package named with `--with` adds some of its own."""

from superpos import assets, data, evaluations, gauge, models, optim, triggers
from superpos.components import Registry

COMPONENTS: Registry = {
    "asset": {
        "array": assets.array,
        "members": assets.members,
        "orthogonalised": assets.orthogonalised,
        "orthonormal": assets.orthonormal,
    },
    "data": {
        "activations": data.activations,
        "anticorrelated_sets": data.anticorrelated_sets,
        "correlated_sets": data.correlated_sets,
        "correlated_star": data.correlated_star,
        "elementwise": data.elementwise,
        "embedded": data.embedded,
        "examples": data.examples,
        "family": data.family,
        "finite": data.finite,
        "gaussian_copula": data.gaussian_copula,
        "geometric": data.geometric,
        "hierarchy": data.hierarchy,
        "identity": data.identity,
        "labelled": data.labelled,
        "one_sparse": data.one_sparse,
        "random_copula": data.random_copula,
        "shared": data.shared,
        "sparse_uniform": data.sparse_uniform,
        "synthetic": data.synthetic,
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
        "trained": models.inits.trained,
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
        "gram_sgd": gauge.gram_sgd,
        "muon": optim.muon,
        "row_adam": optim.row_adam,
        "sgd": optim.sgd,
        "sgdw": optim.sgdw,
        "sgld": optim.sgld,
        "shampoo": optim.shampoo,
    },
    "schedule": {
        "constant": optim.schedules.constant,
        "cosine": optim.schedules.cosine,
        "linear": optim.schedules.linear,
    },
    "evaluation": {
        "geometry": evaluations.geometry,
        "loss": evaluations.loss,
        "recovery": evaluations.recovery,
        "superposition": evaluations.superposition,
        "trajectory": evaluations.trajectory,
    },
    "trigger": {"falls": triggers.falls, "spaced": triggers.spaced},
}
"""Group of the config -> kind -> factory."""
