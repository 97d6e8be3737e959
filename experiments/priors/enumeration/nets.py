"""All networks with one hidden layer whose weights and biases are -1, 0 or 1, by their function.

A parameter costs 1 bit where it is 0 and 2 bits else: a complete code, whose weights 2^-length sum
to 1. What a hidden unit adds to the output at all inputs is all that matters of it. So units are
sorted by that first, and networks are combinations of such kinds: 3^16 networks take two million.
"""

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from superpos.data import boolean_inputs

TERNARY = (-1, 0, 1)
AT_ONCE = 1 << 16
"""Combinations of units."""


class Units(NamedTuple):
    """Hidden units with their weights in, bias and weight out, by what they add to the output.

    Attributes:
        added: at each input, (kinds, 2^n).
        n_units: of each kind, (kinds,).
        weight: sum of 2^-length over them, (kinds,).
        shortest: the least length of one, in bits, (kinds,).
    """

    added: np.ndarray
    n_units: np.ndarray
    weight: np.ndarray
    shortest: np.ndarray


class Codes(NamedTuple):
    """The functions that some network computes, in order of their numbers.

    Attributes:
        function: bit r is the value at row r of `data.boolean_inputs`, (k,).
        n_networks: that compute it, (k,).
        shortest: length of the shortest code, K, in bits, (k,).
        alternative: -log2 of the weight of all codes, in bits, (k,).
        orbit: networks that differ from one of the shortest code by the order of their units, and
            by units that add the same, as dead ones; the heaviest such orbit, (k,).
        orbit_weight: weight of its codes, (k,).
        n_orbits: orbits, (k,).
    """

    function: np.ndarray
    n_networks: np.ndarray
    shortest: np.ndarray
    alternative: np.ndarray
    orbit: np.ndarray
    orbit_weight: np.ndarray
    n_orbits: np.ndarray

    @property
    def gap(self) -> np.ndarray:
        """What many codes are worth, in bits: K less the alternative, (k,), >= 0."""
        return self.shortest - self.alternative

    @property
    def by_symmetry(self) -> np.ndarray:
        """The part of the gap that the orbit of the shortest code has alone, (k,), >= 0."""
        return self.shortest + np.log2(self.orbit_weight)


def units(n_inputs: int) -> Units:
    """All units of a network of so many inputs."""
    codes = np.array([*itertools.product(TERNARY, repeat=n_inputs + 2)])
    weights, bias, out = codes[:, :-2], codes[:, -2:-1], codes[:, -1:]
    added = out * np.maximum(weights @ boolean_inputs(n_inputs).astype(int).T + bias, 0)
    lengths = length(codes)
    kinds, kind = np.unique(added, axis=0, return_inverse=True)
    kind = kind.ravel()
    return Units(
        kinds,
        np.bincount(kind),
        np.bincount(kind, weights=2.0**-lengths),
        np.array([lengths[kind == each].min() for each in range(len(kinds))]),
    )


def length(codes: np.ndarray) -> np.ndarray:
    """Bits of parameters (..., k): one for each that is 0, and two for each other, (...)."""
    return (1 + (codes != 0)).sum(-1)


def enumerated(n_inputs: int, n_hidden: int) -> Codes:
    """Count all networks of so many inputs and hidden units with one output, true above 0."""
    of, n_rows = units(n_inputs), 2**n_inputs
    n = 2**n_rows
    n_networks, weight, n_orbits = np.zeros(n), np.zeros(n), np.zeros(n)
    shortest, orbit, orbit_weight = np.full(n, np.inf), np.zeros(n), np.zeros(n)
    for chosen, orders in combinations(len(of.n_units), n_hidden):
        networks = orders * of.n_units[chosen].prod(1)
        codes = orders * of.weight[chosen].prod(1)
        bits = of.shortest[chosen].sum(1)
        total = of.added[chosen].sum(1)
        for bias in TERNARY:
            number = (total + bias > 0) @ (1 << np.arange(n_rows))
            own = length(np.array([bias]))
            n_networks += np.bincount(number, networks, n)
            weight += np.bincount(number, codes * 2.0**-own, n)
            n_orbits += np.bincount(number, minlength=n)
            _keep(shortest, orbit, orbit_weight, number, bits + own, networks, codes * 2.0**-own)
    found = np.flatnonzero(n_networks)
    return Codes(
        found,
        n_networks[found],
        shortest[found],
        -np.log2(weight[found]),
        orbit[found],
        orbit_weight[found],
        n_orbits[found],
    )


def combinations(n_kinds: int, n_hidden: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Kinds of units without order, (m, n_hidden), and the orders that each has, (m,)."""
    every = itertools.combinations_with_replacement(range(n_kinds), n_hidden)
    orders = np.prod(np.arange(1, n_hidden + 1))
    while len(rows := [*itertools.islice(every, AT_ONCE)]):
        chosen = np.array(rows)
        alike = np.ones(len(chosen))
        run = np.ones(len(chosen))
        for at in range(1, n_hidden):
            run = np.where(chosen[:, at] == chosen[:, at - 1], run + 1, 1)
            alike *= run
        yield chosen, orders / alike


def _keep(
    shortest: np.ndarray,
    orbit: np.ndarray,
    orbit_weight: np.ndarray,
    number: np.ndarray,
    bits: np.ndarray,
    networks: np.ndarray,
    codes: np.ndarray,
) -> None:
    """Keep, for each function, the orbit with the shortest code, and of equal ones the heaviest."""
    order = np.lexsort((-codes, bits, number))
    firsts = order[np.unique(number[order], return_index=True)[1]]
    at = number[firsts]
    better = (bits[firsts] < shortest[at]) | (
        (bits[firsts] == shortest[at]) & (codes[firsts] > orbit_weight[at])
    )
    at, firsts = at[better], firsts[better]
    shortest[at], orbit[at], orbit_weight[at] = bits[firsts], networks[firsts], codes[firsts]
