"""What every peer is given: a stream of activations with known features, and weights to start from.

NumPy alone, from one seed each, so that the arrays are the same whatever is installed.
"""

import numpy as np

D_IN, D_CODE, N_FEATURES = 8, 16, 12
BATCH, N_STEPS, HALFWAY = 32, 100, 50
DENSITY, NOISE = 0.2, 0.02
QUIET = slice(13, 16)
"""Latents that hardly fire at the start, so that some are dead in training."""
DEAD = (3, 7, 11)
MANY_DEAD = (0, 1, 3, 4, 7, 11)
"""Latents called dead at the first batch: fewer, and more, than the d_in / 2 that AuxK takes."""
SILENT = (13, 14, 15)
"""The quiet latents: what may be called dead where a latent that fires at that batch is not."""
Arrays = dict[str, np.ndarray]


def stream(seed: int = 0) -> Arrays:
    """Activations of sparse features.

    Returns:
        `features` (12, 8) of unit rows, `factors` (100, 32, 12), `xs` (100, 32, 8): factors @
        features + 0.1 + noise. float32.
    """
    rng = np.random.default_rng(seed)
    features = _unit(rng.normal(size=(N_FEATURES, D_IN)))
    shape = (N_STEPS, BATCH, N_FEATURES)
    factors = rng.uniform(0.5, 1.5, shape) * (rng.uniform(size=shape) < DENSITY)
    xs = factors @ features + 0.1 + NOISE * rng.normal(size=(N_STEPS, BATCH, D_IN))
    return _float32({"features": features, "factors": factors, "xs": xs})


def weights(seed: int = 1) -> Arrays:
    """Parameters of every architecture, as generic as can be: nothing tied, nothing zero.

    Returns:
        W_dec (16, 8) with norms from 0.5 to 1.5, W_enc (8, 16), b_enc, b_gate, b_mag, r_mag and
        threshold (16,), b_dec (8,). float32. Threshold is positive.
    """
    rng = np.random.default_rng(seed)
    directions = _unit(rng.normal(size=(D_CODE, D_IN)))
    W_enc = 0.8 * directions.T + 0.15 * rng.normal(size=(D_IN, D_CODE))
    W_enc[:, QUIET] *= 0.1
    return _float32(
        {
            "W_dec": directions * rng.uniform(0.5, 1.5, (D_CODE, 1)),
            "W_enc": W_enc,
            "b_dec": 0.1 * rng.normal(size=D_IN),
            "b_enc": 0.05 * rng.normal(size=D_CODE),
            "b_gate": 0.05 * rng.normal(size=D_CODE),
            "b_mag": 0.05 * rng.normal(size=D_CODE),
            "r_mag": 0.2 * rng.normal(size=D_CODE),
            "threshold": rng.uniform(0.1, 0.4, D_CODE),
        }
    )


def unit_decoder(start: Arrays) -> Arrays:
    """The same weights with decoder rows of norm 1."""
    return {**start, "W_dec": _unit(start["W_dec"].astype(np.float64)).astype(np.float32)}


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def _float32(arrays: Arrays) -> Arrays:
    """float32 that nobody writes to."""
    found = {name: array.astype(np.float32) for name, array in arrays.items()}
    for array in found.values():
        array.setflags(write=False)
    return found
