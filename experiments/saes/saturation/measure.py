"""L0 and thresholds over the coefficient of the penalty."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray

from experiments.saes.truth import drawn_directions
from superpos import metrics
from superpos.train import store


class Saturation(NamedTuple):
    """Means over finished seeds, nan where none finished.

    Attributes:
        coefficient: of the penalty, from small to large, (coefficients,).
        rate: learning rates, from small to large, (rates,).
        l0: active latents in the last block, (rates, coefficients).
        threshold: mean over latents at the end, (rates, coefficients).
        mmcs: of the true features, (rates, coefficients).
        furthest: what a threshold comes to that rises by the rate in each update, (rates,).
        true_l0: features that are on together.
        n_latents: of each autoencoder.
    """

    coefficient: np.ndarray
    rate: np.ndarray
    l0: np.ndarray
    threshold: np.ndarray
    mmcs: np.ndarray
    furthest: np.ndarray
    true_l0: float
    n_latents: int

    def at(self, coefficient: float) -> np.ndarray | None:
        """L0 at a coefficient, (rates,); None where it is not there."""
        near = np.flatnonzero(np.isclose(self.coefficient, coefficient))
        return self.l0[:, near[0]] if near.size else None


def measure(datasets: Mapping[str, xarray.Dataset]) -> Saturation:
    """Take what is there at the end of training.

    Args:
        datasets: {"sweep": over coefficient, learning rate and seed}.
    """
    dataset = datasets["sweep"]
    config, truth = store.config_of(dataset), drawn_directions(dataset)
    found = dataset.where(store.finished(dataset))
    found = found.transpose("learning_rate", "coefficient", "seed", ...)
    W_dec = found["W_dec"].transpose(..., "latent", "input").to_numpy()
    features = np.broadcast_to(truth, (*W_dec.shape[:-2], *truth.shape))
    mmcs = np.asarray(metrics.mean_max_cosine_similarity(W_dec, features))
    rate = dataset["learning_rate"].to_numpy().astype(float)
    return Saturation(
        coefficient=dataset["coefficient"].to_numpy().astype(float),
        rate=rate,
        l0=found["l0"].isel(step=-1).mean("seed").to_numpy().astype(float),
        threshold=found["threshold"].mean(("seed", "latent")).to_numpy().astype(float),
        mmcs=np.nanmean(mmcs.astype(float), axis=-1),
        furthest=config["model.init_threshold"] + config["fit.n_steps"] * rate,
        true_l0=config["data.data.data.density"] * len(truth),
        n_latents=W_dec.shape[-2],
    )
