"""Parameters of stored sparse autoencoders."""

import numpy as np
import xarray

NAMES = ("W_enc", "W_dec", "b_enc", "b_dec")
"""Parameters, as SAELens calls them."""


def parameters(dataset: xarray.Dataset, *dims: str) -> dict[str, np.ndarray]:
    """Parameters of a stored sweep by name, with the dimensions of the sweep first.

    One whose encoder is its decoder transposed has no W_enc of its own and is given one.

    Args:
        dataset: with W_dec (latent, input), b_enc (latent,), b_dec (input,), and maybe W_enc.
        dims: all of the sweep, in the order that is wanted.
    """
    stored = {name: dataset[name] for name in NAMES if name in dataset}
    stored.setdefault("W_enc", dataset["W_dec"].transpose(..., "input", "latent"))
    return {
        name: each.transpose(*dims, *each.dims[-2 if name[0] == "W" else -1 :]).to_numpy()
        for name, each in stored.items()
    }


def unit(rows: np.ndarray) -> np.ndarray:
    """Rows scaled to norm 1, (..., d); a zero row stays zero."""
    norms = np.linalg.norm(rows, axis=-1, keepdims=True)
    return rows / np.where(norms == 0, 1.0, norms)
