"""What each chain estimates as the learning coefficient of its polygon."""

from collections.abc import Mapping
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import xarray

from experiments.chen import theory
from superpos.metrics import local_learning_coefficient, share_below

LONG, SHORT = "long", "short"
"""The variants: chains for the learning coefficient itself, and those of the paper's length."""
BURN_IN = 0.25
"""Part of a long chain that is left out at its start."""
MOST_BELOW = 0.05
"""Chains with a larger share of draws below L(w*) are left out, as in the paper."""


class Estimate(NamedTuple):
    """The chains around one polygon at one temperature.

    Attributes:
        values: λ̂ of each chain, (chains,).
        kept: whether it stayed at its polygon, bool (chains,).
    """

    values: np.ndarray
    kept: np.ndarray

    @property
    def mean(self) -> float:
        """Mean over the chains that stayed; nan where none did."""
        return float(self.values[self.kept].mean()) if self.kept.any() else np.nan


Estimates = Mapping[tuple[str, float], Estimate]
"""(polygon, n) -> its chains."""


class Coefficients(NamedTuple):
    """The estimates of all chains.

    Attributes:
        long: of the long chains, without their start.
        short: of those as short as arc-llc's, to show what the length does.
    """

    long: Estimates
    short: Estimates


def measure(datasets: Mapping[str, xarray.Dataset]) -> Coefficients:
    """Estimate the learning coefficient from every chain.

    Args:
        datasets: {"long" and "short": chains over polygon, inverse temperature and seed}.
    """
    return Coefficients(estimate(datasets[LONG], BURN_IN), estimate(datasets[SHORT], 0.0))


def estimate(dataset: xarray.Dataset, burn_in: float) -> Estimates:
    """λ̂ of every chain from its stored losses, a part of which is left out."""
    dataset = dataset.transpose("vertices", "inverse_temperature", "seed", ...)
    losses = dataset["loss"].to_numpy().astype(float)
    losses = losses[..., int(burn_in * losses.shape[-1]) :]
    temperatures = dataset["inverse_temperature"].to_numpy().astype(float)
    found = {}
    for row, vertices, bias in zip(
        losses, dataset["vertices"].to_numpy(), dataset["other_bias"].to_numpy(), strict=True
    ):
        name = f"{int(vertices)}{'+' if bias > 0 else ''}"
        reference = jnp.full(row.shape[1], theory.level(name))
        for chains, temperature in zip(row, temperatures, strict=True):
            values = local_learning_coefficient(chains, reference, inverse_temperature=temperature)
            kept = np.asarray(share_below(chains, reference)) <= MOST_BELOW
            found[name, n_examples(temperature)] = Estimate(np.asarray(values, float), kept)
    return found


def n_examples(inverse_temperature: float) -> float:
    """The n of nβ = n / log n, to four digits."""
    n = inverse_temperature
    for _ in range(100):
        n = inverse_temperature * np.log(n)
    return float(f"{n:.4g}")
