"""Networks that know their concepts, made by hand."""

import jax.numpy as jnp

from superpos import models
from superpos.types import Members

N_INPUTS, N_CONCEPTS = 6, 9


def members() -> Members:
    """One linear network, of any weights."""
    model = models.mlp(
        n_features=N_INPUTS, n_hidden=1, n_outputs=N_CONCEPTS, n_layers=0, loss="binary"
    )
    weights = jnp.sin(jnp.arange(N_INPUTS * N_CONCEPTS)).reshape(1, N_INPUTS, N_CONCEPTS)
    return Members(model, models.MlpParams(weights=(weights,)), ())
