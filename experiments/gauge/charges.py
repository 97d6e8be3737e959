"""What gradient flow conserves where scales are free, and how fast descent loses it.

Gradients of what writes to a hidden space and of what reads from it cancel in the charge
W_inᵀ W_in - W_outᵀ W_out, for linear units all of it, for ReLU units its diagonal. A step of size η
so changes it by η² (g_inᵀ g_in - g_outᵀ g_out), and by nothing of first order.

Source: Du, Hu & Lee 2018, Algorithmic Regularization in Learning Deep Homogeneous Models, section
2; Kunin et al. 2021, Neural Mechanics.
"""

import jax
import jax.numpy as jnp
import numpy as np
import xarray

from experiments.gauge.setting import first_of, gradient_of, stream
from superpos import gauge, optim
from superpos.train import store
from superpos.types import Array, Params

RATES = (4e-3, 2e-3, 1e-3, 5e-4)
N_UPDATES, BATCH_SIZE = 50, 128


def drifts(dataset: xarray.Dataset) -> np.ndarray:
    """Largest change of the charge over N_UPDATES at each of RATES, on the same data.

    Args:
        dataset: a sweep of an untied model, whose last parameters are the start.

    Returns:
        (len(RATES),), of the whole charge where the units are linear, else of its diagonal.
    """
    model, params = first_of(dataset)
    linear = store.config_of(dataset)["model.hidden_activation"] == "linear"
    gradient = gradient_of(model, stream(dataset, N_UPDATES, BATCH_SIZE))

    def charge(at: Params) -> Array:
        whole = at.W_in.T @ at.W_in - at.W_out.T @ at.W_out
        return whole if linear else jnp.diagonal(whole)

    def drift(rate: Array) -> Array:
        tx = optim.sgd(learning_rate=rate)
        end, _ = gauge.descend(tx, gradient, lambda _: (), params, N_UPDATES)
        return jnp.abs(charge(end) - charge(params)).max()

    return np.asarray(jax.jit(jax.vmap(drift))(jnp.asarray(RATES)))


def slope(values: np.ndarray) -> float:
    """Power of the rate with which drifts at RATES grow, by least squares of the logarithms."""
    return float(np.polyfit(np.log(RATES), np.log(values), 1)[0])
