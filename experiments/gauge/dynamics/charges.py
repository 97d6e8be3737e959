"""What gradient flow conserves where scales are free, and how fast descent loses it.

Gradients of what writes to a hidden space and of what reads from it cancel in the charge
W_inᵀ W_in - W_outᵀ W_out, for linear units all of it, for ReLU units its diagonal. A step of size η
so changes it by η² (g_inᵀ g_in - g_outᵀ g_out), and by nothing of first order.

Source: Du, Hu & Lee 2018, Algorithmic Regularization in Learning Deep Homogeneous Models, section
2; Kunin et al. 2021, Neural Mechanics.
"""

from typing import NamedTuple

import numpy as np
import xarray

from superpos.train import NoMemberError, store


class Drifts(NamedTuple):
    """How far a charge went at several learning rates on the same data.

    Attributes:
        rates: learning rates, (n_rates,).
        values: the largest change of an entry of the charge at each, (n_rates,).
    """

    rates: np.ndarray
    values: np.ndarray


def drifts(start: xarray.Dataset, runs: xarray.Dataset) -> Drifts:
    """Largest change of the charge.

    Args:
        start: a sweep of an untied model, whose first member is the start.
        runs: a sweep over the learning rate from there.

    Returns:
        By rate, of the whole charge where the units are linear, else of its diagonal.

    Raises:
        NoMemberError: a run is not finished.
    """
    linear = store.config_of(runs)["model.hidden_activation"] == "linear"
    if (runs["status"] != "ok").any() or start["status"].isel(seed=0).item() != "ok":
        raise NoMemberError("a run from the start is not finished")

    def charge(at: xarray.Dataset) -> np.ndarray:
        W_in, W_out = (
            at[name].isel(seed=0).transpose(..., "feature", "hidden").to_numpy().astype(np.float64)
            for name in ("W_in", "W_out")
        )
        whole = np.swapaxes(W_in, -1, -2) @ W_in - np.swapaxes(W_out, -1, -2) @ W_out
        return whole if linear else np.diagonal(whole, axis1=-2, axis2=-1)

    change = np.abs(charge(runs) - charge(start))
    rates = runs["learning_rate"].to_numpy().astype(np.float64)
    return Drifts(rates, change.reshape(len(rates), -1).max(axis=1))


def slope(found: Drifts) -> float:
    """Power of the rate with which drifts grow, by least squares of the logarithms."""
    return float(np.polyfit(np.log(found.rates), np.log(found.values), 1)[0])
