"""The frontiers of all architectures, and what the true features would reach."""

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import numpy as np
import xarray

from experiments.saes.seeds.measure import paired
from experiments.saes.truth import drawn_directions
from superpos import data, metrics, random
from superpos.data.forest import level_starts, level_widths
from superpos.train import store
from superpos.types import Array, Key

BATCH_TOPK, MATRYOSHKA, PURSUIT = "batch_topk", "matryoshka", "matching_pursuit"
L1, JUMPRELU = "l1", "jumprelu"
"""The variants."""
N_PUSHES = 100
"""Steps in which the true directions were pushed apart."""
N_EXAMPLES, N_RANDOM = 4096, 5
"""Of the truth; dictionaries of random directions."""
SHARE, LOWER_SHARE = 25 / 34.29, 20 / 34.29
"""L0 of the published tables, over the true one."""
N_SHOWN = 48
"""Features whose cosines with latents are drawn, the most frequent ones."""
PREFIX = "data.data.data."


class Frontier(NamedTuple):
    """An architecture over the L0 that was asked for; means over seeds, nan for unfinished ones.

    Attributes:
        asked: from small to large, (levels,).
        l0: latents that are on outside training, (levels,).
        explained_variance: centred, (levels,).
        f1: mean over latents, (levels,).
        mcc: (levels,).
        uniqueness: (levels,).
        cosine: the largest of each true feature with a latent, (levels, n_features).
        matrix: |cosine| of the most frequent features with the latents that are paired with them,
            of the first seed, (levels, N_SHOWN, N_SHOWN).
    """

    asked: np.ndarray
    l0: np.ndarray
    explained_variance: np.ndarray
    f1: np.ndarray
    mcc: np.ndarray
    uniqueness: np.ndarray
    cosine: np.ndarray
    matrix: np.ndarray

    def level(self, l0: float) -> int:
        """Where the L0 that was asked for is nearest to this one."""
        return int(np.argmin(np.abs(self.asked - l0)))


class Truth(NamedTuple):
    """The true features, and a dictionary of as many of the most frequent ones as latents.

    Attributes:
        density: of each feature, (n_features,).
        levels: the first feature of each level of the trees, and of those in no tree, (depth + 2,).
        n_latents: of the dictionary.
        l0: features of the dictionary that are on together.
        explained_variance: by their true values and the mean of what is left.
        chance: MCC of as many random directions.
    """

    density: np.ndarray
    levels: np.ndarray
    n_latents: int
    l0: float
    explained_variance: float
    chance: float


class Benchmark(NamedTuple):
    """All that is judged and drawn.

    Attributes:
        found: architecture -> its frontier.
        truth: of all.
    """

    found: Mapping[str, Frontier]
    truth: Truth

    @property
    def compared(self) -> float:
        """The L0 that stands for the 25 of the paper."""
        return SHARE * float(self.truth.density.sum())

    @property
    def lower(self) -> float:
        """The one that stands for its 20."""
        return LOWER_SHARE * float(self.truth.density.sum())


def measure(datasets: Mapping[str, xarray.Dataset]) -> Benchmark:
    """Collect what was measured of each architecture, and measure the truth.

    Args:
        datasets: architecture -> a sweep over the L0 that is asked for and the seed.
    """
    one = next(iter(datasets.values()))
    directions = drawn_directions(one, n_steps=N_PUSHES)
    found = {name: _frontier(each, directions) for name, each in datasets.items()}
    return Benchmark(found, _truth(one, directions))


def _frontier(dataset: xarray.Dataset, directions: np.ndarray) -> Frontier:
    setting = "k" if "k" in dataset.dims else "target"
    ended = dataset.isel(step_recovery=-1).where(store.finished(dataset))

    def mean(name: str, *dims: str) -> np.ndarray:
        return ended[name].transpose(setting, "seed", *dims).to_numpy().astype(float).mean(1)

    names = ("code_l0", "explained_variance_centred", "f1", "mcc", "uniqueness")
    W_dec = dataset["W_dec"].transpose(setting, "seed", "latent", "input").to_numpy()[:, 0]
    shown = directions[:N_SHOWN]
    return Frontier(
        dataset[setting].to_numpy().astype(float),
        *(mean(name) for name in names),
        cosine=mean("feature_cosine", "feature"),
        matrix=np.array([paired(shown, rows)[:, :N_SHOWN] for rows in W_dec]),
    )


def _truth(dataset: xarray.Dataset, directions: np.ndarray) -> Truth:
    config = store.config_of(dataset)
    given = {
        key.removeprefix(PREFIX): value
        for key, value in config.items()
        if key.startswith(PREFIX) and key != f"{PREFIX}kind"
    }
    factors, n_latents = sample_factors(**given), dataset.sizes["latent"]
    left = factors[:, n_latents:] @ directions[n_latents:]
    inputs = factors[:, :n_latents] @ directions[:n_latents] + left
    widths = level_widths(*(given[name] for name in ("n_roots", "branching", "depth")))
    shape = (N_RANDOM, n_latents, directions.shape[1])
    rows = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    features = np.broadcast_to(directions, (N_RANDOM, *directions.shape))
    return Truth(
        density=(factors > 0).mean(0),
        levels=np.array([*level_starts(widths), sum(widths)]),
        n_latents=n_latents,
        l0=float((factors[:, :n_latents] > 0).sum(1).mean()),
        explained_variance=float(1 - left.var(0).sum() / inputs.var(0).sum()),
        chance=float(np.mean(metrics.mean_correlation_coefficient(rows, features))),
    )


@functools.lru_cache(maxsize=4)
def sample_factors(**given: Any) -> np.ndarray:
    """Fresh feature values of `data.synthetic` with these arguments, (N_EXAMPLES, n_features)."""

    @jax.jit
    def sample(key: Key) -> Array:
        return data.draw(data.synthetic(**given), key, N_EXAMPLES).factors

    return np.asarray(sample(random.key(1)))
