"""A small sweep whose numbers are known."""

import numpy as np
import pytest
import xarray

DENSITIES = np.array([0.05, 0.2, 1.0])
SEEDS, STEPS = np.arange(4), np.array([10, 20, 30, 40, 50])
DECAYS = np.array([0.5, 2.0])


@pytest.fixture
def sweep() -> xarray.Dataset:
    """Over density, decay and seed: antipodal pairs, of a size that tells the member.

    The loss at the end is density * decay * (1 + seed), and at first 100 times of it; the best is
    seed 0. W is scaled by 1 + seed / 10. The member (1.0, 2.0, 3) diverged.
    """
    dims = ("density", "decay", "seed")
    p, r, s = np.meshgrid(DENSITIES, DECAYS, SEEDS, indexing="ij")
    pairs = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    W = (1 + s / 10)[..., None, None] * pairs
    last = p * r * (1 + s)
    loss = last[..., None] * np.geomspace(100, 1, len(STEPS))
    path = W[..., None, :, :] * (STEPS / STEPS[-1])[:, None, None]
    status = np.full(p.shape, "ok", dtype="<U20")
    status[-1, -1, -1] = "diverged@20"
    return xarray.Dataset(
        {
            "W": ((*dims, "feature", "hidden"), W),
            "b": ((*dims, "feature"), 0 * W[..., 0]),
            "loss": ((*dims, "step"), loss),
            "W_path": ((*dims, "step_trajectory", "feature", "hidden"), path),
            "kind_of": (dims, status),
            "status": (dims, status),
        },
        {
            **{"density": DENSITIES, "decay": DECAYS, "seed": SEEDS},
            **{"step": STEPS, "step_trajectory": STEPS},
        },
    )
