"""How much features are concentrated in few neurons over training, for two kinds of noise."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray

from superpos.train import store

BERNOULLI, GAUSSIAN = "bernoulli", "gaussian"
"""The variants, by the kind of noise."""


class Concentrations(NamedTuple):
    """Mean ‖W_i‖₄⁴ over features and instances, nan where no instance finished.

    Attributes:
        bernoulli: for noise of ±σ, (noise scales, steps).
        gaussian: for Gaussian noise, (noise scales, steps).
        sigma: the noise scales σ, from small to large, (noise scales,).
        steps: updates done, (steps,).
        n_hidden: number of neurons m.
        fragile: which models are sensitive to rounding, bool (models,); None when not checked.
    """

    bernoulli: np.ndarray
    gaussian: np.ndarray
    sigma: np.ndarray
    steps: np.ndarray
    n_hidden: int
    fragile: np.ndarray | None


def measure(datasets: Mapping[str, xarray.Dataset]) -> Concentrations:
    """Measure the models at every step.

    Args:
        datasets: {"bernoulli" and "gaussian": sweeps over noise_scale and seed, whose parameters
            are kept}.
    """
    bernoulli, gaussian = datasets[BERNOULLI], datasets[GAUSSIAN]
    known = [
        dataset["fragile"].to_numpy().ravel()
        for dataset in (bernoulli, gaussian)
        if "fragile" in dataset
    ]
    return Concentrations(
        bernoulli=concentration(bernoulli),
        gaussian=concentration(gaussian),
        sigma=bernoulli["noise_scale"].to_numpy(),
        steps=bernoulli["step"].to_numpy(),
        n_hidden=bernoulli.sizes["hidden"],
        fragile=np.concatenate(known) if known else None,
    )


def concentration(dataset: xarray.Dataset) -> np.ndarray:
    """Mean ‖W_i‖₄⁴ over features and finished instances, (noise scales, steps); nan for none."""
    W = dataset["W_path"].where(store.finished(dataset))
    powers = (W.astype(float) ** 4).sum("hidden", skipna=False)
    return powers.mean(("feature", "seed")).transpose("noise_scale", "step").to_numpy()
