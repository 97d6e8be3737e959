"""What each neuron responds to, and what those do that respond to several features."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray

from experiments.flat import finished_members
from experiments.saes.truth import drawn_directions
from superpos import metrics
from superpos.store.best import NoMemberError

MONOSEMANTIC = 0.999
"""Share of a neuron's responses that one feature has, above which it is monosemantic."""
NUMBERS = {
    "learning_rate": "optim.learning_rate",
    "bias_offset": "model.init.bias_offset",
    "bias_decay": "optim.bias_decay",
    "width": "model.n_hidden",
}
"""What models differ in: name of the axis, where it is one, and key of the config."""
RESULTS = "weights.0", "weights.1", "biases.0", "loss"


class Model(NamedTuple):
    """A trained model.

    Attributes:
        rate: learning rate.
        offset: bias at the start, less what is drawn.
        decay: of biases in the first half of the run.
        k: neurons.
        loss: on fresh data.
        shares: largest share of a feature in the responses of each neuron, (k,); 0 of one that
            responds to none.
        bias: of each neuron, (k,).
        preferred: the feature that each neuron responds to most, (k,).
        identity: how near those that are not monosemantic come to an identity of low rank on the
            features that no monosemantic neuron has, see `low_rank_identity`; nan without any.
        n: features.
    """

    rate: float
    offset: float
    decay: float
    k: int
    loss: float
    shares: np.ndarray
    bias: np.ndarray
    preferred: np.ndarray
    identity: float
    n: int

    @property
    def mono(self) -> np.ndarray:
        """Which neurons are monosemantic, bool (k,)."""
        return self.shares > MONOSEMANTIC

    @property
    def poly(self) -> np.ndarray:
        """Which respond to several features, bool (k,)."""
        return (self.shares > 0) & ~self.mono

    @property
    def n_mono(self) -> int:
        """How many are monosemantic."""
        return int(self.mono.sum())


class Measured(NamedTuple):
    """Models by learning rate, by the bias at the start, by width, and with a rate that falls."""

    rates: list[Model]
    offsets: list[Model]
    widths: list[Model]
    proper: list[Model]


def measure(datasets: Mapping[str, xarray.Dataset]) -> Measured:
    """Measure the finished models.

    Args:
        datasets: {"rates": over learning_rate, without and with a bias at the start; "offsets":
            over bias_offset; "widths": over width; "proper": as "rates", with another schedule}.

    Raises:
        NoMemberError: no model of "rates" finished.
    """
    found = Measured(*(models_of(datasets[name]) for name in Measured._fields))
    if not found.rates:
        raise NoMemberError("no finished model of rates")
    return found


def models_of(dataset: xarray.Dataset) -> list[Model]:
    """The finished models of one sweep."""
    directions = drawn_directions(dataset, features="data.data.n_features").astype(float)
    flat = finished_members(dataset, NUMBERS, RESULTS)
    rows = [flat[name].to_numpy().astype(float) for name in (*NUMBERS, *RESULTS)]
    return [model(directions, *row) for row in zip(*rows, strict=True)]


def model(
    directions: np.ndarray,
    rate: float,
    offset: float,
    decay: float,
    k: float,
    W_in: np.ndarray,
    W_out: np.ndarray,
    b: np.ndarray,
    loss: float,
) -> Model:
    """One model, from its stored parameters with what they are padded with, and its loss."""
    k = int(k)
    W_in, W_out, b = W_in[:, :k], W_out[:k], b[:k]
    responses = np.maximum(directions @ W_in + b, 0)
    shares = np.asarray(metrics.response_shares(responses))
    preferred = responses.argmax(0)
    poly = (shares > 0) & (shares <= MONOSEMANTIC)
    left = np.setdiff1d(np.arange(len(directions)), preferred[shares > MONOSEMANTIC])
    block = directions[left] @ W_in[:, poly] @ W_out[poly][:, left]
    identity = low_rank_identity(block, W_in.shape[0])
    named = (rate, offset, decay, k, loss, shares, b, preferred, identity, len(directions))
    return Model(*named)


def low_rank_identity(block: np.ndarray, rank: int) -> float:
    """The cosine of a matrix with the identity, over that of the best identity of lower rank.

    A projector of rank r in n dimensions has a cosine of √(r/n) with the identity, and no matrix of
    that rank has a larger one.

    Args:
        block: (n, n).
        rank: r, at least 1.

    Returns:
        In [-1, 1]; nan of a matrix that is 0 or has no rows.
    """
    size = np.linalg.norm(block)
    if not size > 0:
        return np.nan
    n = len(block)
    return float(np.trace(block) / (size * np.sqrt(n)) / np.sqrt(min(rank, n) / n))
