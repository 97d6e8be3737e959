"""Features per dimension as bookkeeping: what a ReLU classifier is free to change, and what not.

The networks are read from the store and moved along their symmetries in float64; nothing is
trained. What is claimed, and by whom, is in `experiments.gauge.scale_claims`.
"""

from collections.abc import Mapping
from pathlib import Path

import jax
import xarray

from experiments.gauge import moves, scale_figure
from experiments.gauge.networks import is_classifier, networks
from experiments.gauge.scale_claims import Measured, judge
from experiments.gauge.tied import tied
from superpos import random
from superpos.app.findings import Figure, Findings


def analyse(*, datasets: Mapping[str, xarray.Dataset], folder: Path) -> Findings:
    """Move the networks along symmetries, judge the claims and draw them.

    Args:
        datasets: sweeps over seed by variant, of classifiers, and one of tied autoencoders.
        folder: where the figures go.

    Returns:
        Verdicts and two figures: scaled weights, and measures under each symmetry.
    """
    measured = measure(datasets)
    figures = []
    if measured.scaled and measured.tied is not None:
        scale_figure.draw_scale(folder / "scale.png", measured.scaled, measured.tied)
        alt = "Loss against the factor of the weights, of classifiers and of tied autoencoders."
        caption = (
            "Weights times α. Left: of a classifier features per dimension grow as α², accuracy"
            " stays, and cross entropy on examples not seen in training changes (a line each"
            " network). Right: of a tied autoencoder the loss is least at α = 1."
        )
        figures.append(Figure("scale.png", alt, caption))
    if measured.changes and measured.tied is not None:
        scale_figure.draw_measures(folder / "measures.png", measured.changes, measured.tied)
        alt = "How much each measure changes under each symmetry, and replacements against D_i."
        caption = (
            "Left: the largest relative change of each measure over networks and elements of the"
            " group, in float64; below the line, what is free of every symmetry. A rotation is not"
            " a symmetry of ReLU units. Right: the replacements of D_i in tied autoencoders, where"
            " D_i is sound; a dot is a feature with norm over 1/2."
        )
        figures.append(Figure("measures.png", alt, caption))
    return Findings(judge(measured), figures)


def measure(datasets: Mapping[str, xarray.Dataset]) -> Measured:
    """Everything in float64, from the parameters that are stored."""
    scaled, biased, changes, unit_features, autoencoders = {}, {}, {}, {}, None
    with jax.enable_x64(True):
        for name, dataset in datasets.items():
            if not is_classifier(dataset):
                autoencoders = tied(dataset)
                continue
            found = networks(dataset)
            if found.params.biases:
                biased[name] = moves.biased_decisions(found)
                continue
            scaled[name] = moves.scaled(found)
            if len(found.params.weights) == 2:
                changes[name] = moves.moved(found, random.key(2))
                unit_features[name] = moves.unit_features(found)
    return Measured(scaled, biased, changes, unit_features, autoencoders)
