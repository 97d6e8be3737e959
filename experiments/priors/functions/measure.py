"""How often each function was drawn, how complex it is, and which ones training picks."""

import itertools
from collections.abc import Mapping
from typing import NamedTuple

import jax
import numpy as np
import xarray

from experiments.priors.picked import Picks, counted, picks, truth_tables, wide
from superpos import metrics
from superpos.data import boolean_inputs

N_ORDERS = 24
"""Of the inputs, over which a complexity is averaged."""
MOST_FUNCTIONS = 4000
"""Whose complexity is looked at, at ranks evenly spaced in their logarithm."""
PERCEPTRON, NETWORKS, OTHERS, THREE, TRAINED = (
    "perceptron",
    "networks",
    "others",
    "three",
    "trained",
)
"""The variants."""
PRIOR, NNGP, UNIFORM = "random networks", "NNGP", "uniform"
"""Rules that say how often each function that fits is picked."""


class Ranked(NamedTuple):
    """Functions of one kind of network, from the most frequent on.

    Attributes:
        counts: how often each was drawn, of all that were, (n_functions,).
        ranks: of those that are looked at, the first is 1, (k,).
        complexity: of these, the mean over orders of the inputs x_1 ... x_n, (k,).
        in_chance_orders: the same over orders of the rows by chance, (k,).
        ones: rows at which these are true, (k,).
    """

    counts: np.ndarray
    ranks: np.ndarray
    complexity: np.ndarray
    in_chance_orders: np.ndarray
    ones: np.ndarray

    @property
    def probability(self) -> np.ndarray:
        """Of each, the share of all draws, (n_functions,)."""
        return self.counts / self.counts.sum()

    def often(self, least: int) -> np.ndarray:
        """Which of those that are looked at were drawn so many times or more, bool (k,)."""
        return self.counts[self.ranks - 1] >= least


class Cell(NamedTuple):
    """Functions of networks of one depth and one scale of biases.

    Attributes:
        n_layers: hidden layers.
        bias_std: standard deviation of biases.
        constant: share of draws that are always true or always false.
        largest: share of the most frequent function.
        distinct: distinct functions over draws.
        at_zero: share of draws that are true where all inputs are 0.
        mean_complexity: Lempel-Ziv, of a draw.
    """

    n_layers: int
    bias_std: float
    constant: float
    largest: float
    distinct: float
    at_zero: float
    mean_complexity: float


class Functions(NamedTuple):
    """What is measured.

    Attributes:
        ones: how often functions of perceptrons are true at 0, 1, ... 2^n rows, (2^n + 1,).
        ranked: functions of the networks of which there are most.
        sizes: hidden units of each of their hidden layers.
        cells: other networks.
        picks: of trained networks, and what is expected of them.
    """

    ones: np.ndarray
    ranked: Ranked
    sizes: list[int]
    cells: list[Cell]
    picks: Picks


def measure(datasets: Mapping[str, xarray.Dataset]) -> Functions:
    """Count functions, and look at the complexity of some.

    Args:
        datasets: {"perceptron", "networks", "three": over seed; "others": over n_layers, bias_std
            and seed: each with the functions of draws; "trained": over function, learning_rate and
            seed, with parameters}.
    """
    perceptrons, trained = truth_tables(datasets[PERCEPTRON]), datasets[TRAINED]
    prior = counted(truth_tables(datasets[THREE]))
    return Functions(
        np.bincount(perceptrons.sum(-1), minlength=perceptrons.shape[1] + 1),
        ranked(truth_tables(datasets[NETWORKS])),
        [size for dim, size in datasets[NETWORKS].sizes.items() if str(dim).startswith("hidden")],
        cells(datasets[OTHERS]),
        picks(
            trained,
            {
                PRIOR: prior,
                NNGP: counted(wide(trained)),
                UNIFORM: np.ones_like(prior),
            },
        ),
    )


def ranked(tables: np.ndarray) -> Ranked:
    """Count the functions among truth tables (draws, 2^n), and see how complex some are."""
    packed, counts = np.unique(np.packbits(tables, axis=1), axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    ranks = np.unique(np.geomspace(1, len(counts), MOST_FUNCTIONS).round().astype(int))
    chosen = np.unpackbits(packed[order[ranks - 1]], axis=1, count=tables.shape[1]).astype(bool)
    return Ranked(
        counts[order],
        ranks,
        complexity(chosen, input_orders(tables.shape[1])),
        complexity(chosen, chance_orders(tables.shape[1])),
        chosen.sum(1),
    )


def complexity(tables: np.ndarray, orders: np.ndarray) -> np.ndarray:
    """Lempel-Ziv complexity of truth tables, averaged over orders of their rows, (k,)."""
    of_all = jax.jit(metrics.lempel_ziv_complexity)
    return np.mean([np.asarray(of_all(tables[:, order])) for order in orders], axis=0)


def input_orders(n_rows: int) -> np.ndarray:
    """Orders of the rows of a truth table by orders of its inputs, (N_ORDERS or fewer, n_rows)."""
    n = n_rows.bit_length() - 1
    every = list(itertools.permutations(range(n)))
    chosen = np.random.default_rng(0).permutation(len(every))[:N_ORDERS]
    powers = 2 ** np.arange(n)[::-1]
    inputs = boolean_inputs(n).astype(int)
    return np.array([inputs[:, every[at]] @ powers for at in chosen])


def chance_orders(n_rows: int) -> np.ndarray:
    """As many orders of the rows that nothing is known of, (k, n_rows)."""
    rng = np.random.default_rng(1)
    return np.array([rng.permutation(n_rows) for _ in input_orders(n_rows)])


def cells(dataset: xarray.Dataset) -> list[Cell]:
    """What each depth and scale draws; those with no finished members are left out."""
    found = []
    for n_layers, bias_std in itertools.product(
        dataset["n_layers"].values, dataset["bias_std"].values
    ):
        tables = truth_tables(dataset.sel(n_layers=n_layers, bias_std=bias_std))
        if not len(tables):
            continue
        _, counts = np.unique(np.packbits(tables, axis=1), axis=0, return_counts=True)
        some = tables[:MOST_FUNCTIONS]
        found.append(
            Cell(
                int(n_layers),
                float(bias_std),
                float(np.isin(tables.sum(1), (0, tables.shape[1])).mean()),
                float(counts.max() / len(tables)),
                float(len(counts) / len(tables)),
                float(tables[:, 0].mean()),
                float(complexity(some, input_orders(tables.shape[1])[:4]).mean()),
            )
        )
    return found
