"""Components by name: what a `kind:` in a config stands for, analyses apart.

Nothing else can be named there. Analyses import this module, to make stored models anew.
"""

from experiments.gauge import digits
from superpos import data, evaluations, models, optim
from superpos.components import Registry

REGISTRY: Registry = {
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
        "polygon": models.polygon,
        "quadratic": models.quadratic,
        "rescaled": models.rescaled,
        "rotated": models.rotated,
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
    "evaluation": {
        "geometry": evaluations.geometry,
        "loss": evaluations.loss,
        "superposition": evaluations.superposition,
        "trajectory": evaluations.trajectory,
    },
}
"""Group of the config -> kind -> factory."""
