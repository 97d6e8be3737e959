"""Classifiers moved along their symmetries, and autoencoders scaled, all from stored parameters."""

from collections.abc import Mapping
from typing import NamedTuple

import jax
import numpy as np
import xarray

from experiments.gauge.scale.moves import Changes, changes_of, unit_features
from experiments.gauge.scale.networks import is_classifier, networks
from experiments.gauge.scale.tied import Tied, tied
from experiments.gauge.scale.times_alpha import Scaled, biased_decisions, scaled
from superpos import random


class Measured(NamedTuple):
    """All that is claimed about, each by variant.

    Attributes:
        scaled: classifiers without biases.
        biased: those with biases: decisions that change, without and with scaled biases,
            (networks,) each.
        changes: those without biases and with one hidden layer, along their symmetries.
        unit_features: the same, ‖W‖²/m with every unit at norm 1, (networks,).
        tied: the autoencoders; None where there are none.
    """

    scaled: Mapping[str, Scaled]
    biased: Mapping[str, tuple[np.ndarray, np.ndarray]]
    changes: Mapping[str, Changes]
    unit_features: Mapping[str, np.ndarray]
    tied: Tied | None


def measure(datasets: Mapping[str, xarray.Dataset]) -> Measured:
    """Everything in float64.

    Args:
        datasets: sweeps over seed by variant, of classifiers, and one of tied autoencoders.
    """
    of_scaled, of_biased, changes, of_units, autoencoders = {}, {}, {}, {}, None
    with jax.enable_x64(True):
        for name, dataset in datasets.items():
            if not is_classifier(dataset):
                autoencoders = tied(dataset)
                continue
            found = networks(dataset)
            if found.params.biases:
                of_biased[name] = biased_decisions(found)
                continue
            of_scaled[name] = scaled(found)
            if len(found.params.weights) == 2:
                changes[name] = changes_of(found, random.key(2))
                of_units[name] = unit_features(found)
    return Measured(of_scaled, of_biased, changes, of_units, autoencoders)
