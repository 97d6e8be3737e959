"""What networks gain over one that computes half of the ReLUs, and which of them they serve."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import xarray

from experiments.flat import finished_members
from superpos.data.mixed import mixing_matrix
from superpos.store.best import NoMemberError
from superpos.train import store

NUMBERS = {
    "mixing": "data.mixing",
    "loss_exponent": "model.error.loss_exponent",
    "density": "data.data.data.density",
}
"""What models differ in: name of the axis, where it is one, and key of the config."""
SERVED = 0.5
"""A ReLU is served when less than this is left of its squared error, on inputs of it alone."""


class Networks(NamedTuple):
    """Networks that finished, in no particular order.

    Attributes:
        mixing: s, (k,).
        exponent: q of the loss, (k,).
        density: p, (k,).
        loss: at the end, summed over features, (k,).
        W_in: (k, n_features, n_hidden).
        W_out: (k, n_features, n_hidden).
        M: what is mixed into the targets, (n_features, n_features).
    """

    mixing: np.ndarray
    exponent: np.ndarray
    density: np.ndarray
    loss: np.ndarray
    W_in: np.ndarray
    W_out: np.ndarray
    M: np.ndarray

    @property
    def naive(self) -> np.ndarray:
        """The loss of the naive network on the same targets, (k,)."""
        n_hidden = self.W_in.shape[-1]
        return np.array(
            [
                naive_loss(s * self.M, p, n_hidden)
                for s, p in zip(self.mixing, self.density, strict=True)
            ]
        )

    @property
    def gain(self) -> np.ndarray:
        """The part of the naive network's loss that is saved; below 0 of a worse one, (k,)."""
        return 1 - self.loss / self.naive


class Compressed(NamedTuple):
    """Networks of each variant.

    Attributes:
        mixing: with a Gaussian mixture of several sizes.
        embedding: with that of an embedding.
        power: without one, and the error to several powers.
    """

    mixing: Networks
    embedding: Networks
    power: Networks


def measure(datasets: Mapping[str, xarray.Dataset]) -> Compressed:
    """Take the finished networks.

    Args:
        datasets: "mixing", a sweep over data.mixing; "embedding"; "power", one over the exponent of
            the error; all of them over seeds.

    Raises:
        NoMemberError: none of a sweep finished.
    """
    return Compressed(**{name: networks(datasets[name], name) for name in Compressed._fields})


def networks(dataset: xarray.Dataset, name: str) -> Networks:
    """The finished networks of one sweep."""
    flat = finished_members(dataset, NUMBERS, ("W_in", "W_out", "loss"))
    if not flat.sizes["model"]:
        raise NoMemberError(f"{name}: no finished model")
    arrays = (flat[each].to_numpy().astype(float) for each in (*NUMBERS, "loss", "W_in", "W_out"))
    return Networks._make([*arrays, mixture_of(store.config_of(dataset))])


def mixture_of(config: Mapping[str, Any]) -> np.ndarray:
    """M of a config, float64."""
    mixture, n, n_embed, seed = (
        config[f"data.{name}"] for name in ("mixture", "n_features", "n_embed", "mixture_seed")
    )
    return np.asarray(mixing_matrix(mixture, n, n_embed, seed), float)


def naive_loss(mixture: np.ndarray, p: float, n_hidden: int) -> float:
    """The expected squared error of a network that computes `n_hidden` ReLUs and is 0 elsewhere.

    With x_i on with probability p and then uniform on [-1, 1], E ReLU(x_i)² = E x_i ReLU(x_i) =
    p/6 and E x_i² = p/3. It computes those that cost most to leave out. Without a mixture and with
    half as many neurons as features it is p/12 a feature.

    Args:
        mixture: what is added to the targets is this times x, (n_features, n_features).
        p: density.
        n_hidden: neurons.
    """
    left_out = p / 6 + np.diag(mixture) * p / 3
    cheapest = np.sort(left_out)[: max(len(mixture) - n_hidden, 0)]
    return float(cheapest.sum() + np.square(mixture).sum() * p / 3)


def responses(W_in: np.ndarray, W_out: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each output where its own input alone is 1, and where it is -1; 1 and 0 are wanted.

    Args:
        W_in: (..., n_features, n_hidden).
        W_out: (..., n_features, n_hidden).

    Returns:
        Two arrays (..., n_features).
    """
    up, down = ((W_out * np.maximum(sign * W_in, 0)).sum(-1) for sign in (1, -1))
    return up, down


def served(W_in: np.ndarray, W_out: np.ndarray) -> np.ndarray:
    """Which ReLUs are served, bool (..., n_features)."""
    up, down = responses(W_in, W_out)
    return np.square(1 - up) + np.square(down) < SERVED


def variation(W_in: np.ndarray, W_out: np.ndarray) -> np.ndarray:
    """The coefficient of variation over features of the response to 1, (...); inf of mean 0."""
    up, _ = responses(W_in, W_out)
    mean = np.abs(up.mean(-1))
    return np.where(mean > 0, up.std(-1) / np.maximum(mean, np.finfo(float).tiny), np.inf)


def swapped(W_in: np.ndarray, W_out: np.ndarray) -> float:
    """The share of pairs of features that exchange outputs with what they feed the neurons.

    With rows i and j of W_in exchanged, an input at i alone must have its largest output at j, and
    one at j at i.

    Args:
        W_in: (n_features, n_hidden).
        W_out: (n_features, n_hidden).
    """
    outputs = np.maximum(W_in, 0) @ W_out.T  # of each codeword, a row
    own = (outputs.argmax(1) == np.arange(len(W_in))) & (outputs.max(1) > 0)
    count, n = int(own.sum()), len(W_in)
    return count * (count - 1) / (n * (n - 1))


def cosine_to_inverse(W_in: np.ndarray, W_out: np.ndarray) -> float:
    """The Frobenius cosine of W_out and the pseudo-inverse of W_in; nan where one is 0."""
    inverse = np.linalg.pinv(W_in).T
    norms = np.linalg.norm(inverse) * np.linalg.norm(W_out)
    return float((inverse * W_out).sum() / norms) if norms > 0 else np.nan


def share_at_top(W_in: np.ndarray, M: np.ndarray) -> float:
    """The part of the squared norm of W_in along as many top eigenvectors of M as it has neurons.

    M is taken as its symmetric part. By chance it is n_hidden / n_features.
    """
    _, vectors = np.linalg.eigh((M + M.T) / 2)
    top = vectors[:, -W_in.shape[1] :]
    norm = np.square(W_in).sum()
    return float(np.square(top.T @ W_in).sum() / norm) if norm > 0 else np.nan
