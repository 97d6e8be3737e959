"""Codes of every function, and which functions networks with real weights pick."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray

from experiments.priors.enumeration.nets import Codes, enumerated
from experiments.priors.picked import Picks, counted, picks, truth_tables, wide

N_INPUTS = 3
START, TRAINED = "start", "trained"
"""The variants."""
MANY, SHORTEST, RANDOM, NNGP, UNIFORM = (
    "all codes",
    "shortest code",
    "random networks",
    "NNGP",
    "uniform",
)
"""Rules that say how often a function that fits is picked: 2^-alternative, 2^-K, and others."""


class Enumeration(NamedTuple):
    """What is measured.

    Attributes:
        codes: hidden units -> codes of all functions that ternary networks compute.
        picks: of networks with real weights and as many hidden units as the last of these.
        drawn: log2 of the probability of each function of `codes` of as many units among random
            networks with real weights, (k,).
    """

    codes: Mapping[int, Codes]
    picks: Picks
    drawn: np.ndarray


def measure(datasets: Mapping[str, xarray.Dataset]) -> Enumeration:
    """Enumerate networks of two and of three hidden units, and sort trained ones.

    Args:
        datasets: {"start": over seed, with the functions of draws; "trained": over function,
            learning_rate and seed, with parameters, of three hidden units}.
    """
    trained, drawn = datasets[TRAINED], counted(truth_tables(datasets[START]))
    codes = {n_hidden: enumerated(N_INPUTS, n_hidden) for n_hidden in (2, 3)}
    last = codes[3]
    rules = {
        MANY: over_all(last.function, 2.0**-last.alternative, len(drawn)),
        SHORTEST: over_all(last.function, 2.0**-last.shortest, len(drawn)),
        RANDOM: drawn,
        NNGP: counted(wide(trained)),
        UNIFORM: np.ones(len(drawn)),
    }
    share = drawn[last.function] / drawn.sum()
    return Enumeration(codes, picks(trained, rules), np.log2(share))


def over_all(function: np.ndarray, weight: np.ndarray, n: int) -> np.ndarray:
    """Weights of all functions, (n,), those without a code with half of the least."""
    found = np.full(n, weight.min() / 2)
    found[function] = weight
    return found


def explained(target: np.ndarray, *causes: np.ndarray) -> float:
    """Share of the variance of a target that least squares on causes explain, each (k,)."""
    design = np.stack([np.ones(len(target)), *causes], axis=1)
    rest = target - design @ np.linalg.lstsq(design, target)[0]
    return float(1 - rest.var() / target.var())
