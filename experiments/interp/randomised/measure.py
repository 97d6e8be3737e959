"""Autoencoders of a trained transformer beside those of randomised ones: numbers by arm."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
import xarray

from superpos import interp, metrics
from superpos.arguments import ArgumentError
from superpos.evaluations.interpretation import EXPLAINERS, SCORERS
from superpos.train import store

SCORED, FLOORS, NULLS, FRONTIER, TRANSFORMER = (
    "scored",
    "floors",
    "nulls",
    "frontier",
    "transformer",
)
"""The variants."""
TRAINED, MATCHED, LESS = "trained", "matched_gaussian", "less_token_means"
SINGLE = 0.9
"""A latent stands for one token that has this part of its activation there."""
BY_LATENT = (
    "active_share",
    "token_entropy",
    "shuffled_token_entropy",
    "top_token_entropy",
    "largest_token_share",
    "context_gain",
    "context_gain_reseed_sd",
)
OF_FIT = ("held_out_l0", "held_out_explained_variance", "held_out_dead_share", "eligible_share")


class Latents(NamedTuple):
    """Autoencoders of several arms; nan where a latent is missing.

    Attributes:
        names: of the arms.
        fit: L0, explained variance, dead and eligible share, each (arms, transformers, seeds).
        by_latent: entropies and so on, each (arms, transformers, latents), those of all seeds.
        by_explainer: bits, and by scorer the value, with `_floor` and `_reseed_sd`, each
            (arms, transformers, latents, explainers).
        agreement: PW-MCC of the decoders of its seeds, (arms, transformers); nan of one seed.
    """

    names: tuple[str, ...]
    fit: dict[str, np.ndarray]
    by_latent: dict[str, np.ndarray]
    by_explainer: dict[str, np.ndarray]
    agreement: np.ndarray

    def at(self, name: str) -> int:
        """The number of an arm."""
        return self.names.index(name)

    def of(self, name: str, result: str, explainer: str = "") -> np.ndarray:
        """A result of an arm by latent, (transformers, latents)."""
        if explainer:
            return self.by_explainer[result][self.at(name)][..., EXPLAINERS.index(explainer)]
        return self.by_latent[result][self.at(name)]


class Excerpts(NamedTuple):
    """Contexts of latents, for a person.

    Attributes:
        arm: of each latent, (n,).
        explanation: of each, (n,).
        texts: pieces of each of its contexts and their activations, (n, excerpts, length).
        activations: the same.
    """

    arm: tuple[str, ...]
    explanation: tuple[str, ...]
    texts: np.ndarray
    activations: np.ndarray


class Randomised(NamedTuple):
    """All that is judged and drawn.

    Attributes:
        scored: the arms whose latents are explained.
        nulls: autoencoders of the trained transformer that have learned nothing, or little.
        explained: held-out explained variance of every arm, those without explanations too, by its
            name, (transformers,).
        frontier: of trained and randomised, over L0 and width: a row a setting, with arm, k,
            width, L0 and explained variance.
        excerpts: for the blinded test.
    """

    scored: Latents
    nulls: Latents
    explained: dict[str, np.ndarray]
    frontier: list[tuple[str, float, float, float, float]]
    excerpts: Excerpts


def measure(
    datasets: Mapping[str, xarray.Dataset], arms: Sequence[str], floor_arms: Sequence[str]
) -> Randomised:
    """Read what was stored of all autoencoders.

    Args:
        datasets: {"scored": over row and seed, "floors": over row, "nulls": over frozen, row,
            "frontier": over row, k and width}, and perhaps "transformer", over its seed.
        arms: of the rows of "scored" and of the others, one after the other for each transformer.
        floor_arms: of the rows of "floors".

    Raises:
        ArgumentError: there are more or fewer rows than arms of all transformers; one line.
    """
    n_transformers = 1
    if TRANSFORMER in datasets:
        n_transformers = int(store.finished(datasets[TRANSFORMER]).sum())
    scored = _latents(datasets[SCORED], arms, n_transformers)
    floors = _fit(datasets[FLOORS], floor_arms, n_transformers)["held_out_explained_variance"]
    explained = scored.fit["held_out_explained_variance"]
    return Randomised(
        scored=scored,
        nulls=_nulls(datasets[NULLS]),
        explained={
            **dict(zip(arms, explained.mean(axis=-1), strict=True)),
            **dict(zip(floor_arms, floors.mean(axis=-1), strict=True)),
        },
        frontier=_frontier(datasets[FRONTIER], arms, n_transformers),
        excerpts=_excerpts(datasets[SCORED], arms, n_transformers),
    )


def _by_arm(
    dataset: xarray.Dataset, name: str, arms: Sequence[str], n_transformers: int
) -> np.ndarray:
    """A result, (arms, transformers, seeds, ...), nan for what did not finish.

    Raises:
        ArgumentError: other numbers of rows; one line.
    """
    n_rows = len(arms) * n_transformers
    if dataset.sizes["row"] != n_rows:
        raise ArgumentError(
            f"sweep.data.data.row: {dataset.sizes['row']} rows, expected {n_rows}, one for each of"
            f" {len(arms)} arms of {n_transformers} transformers"
        )
    values = dataset[name].where(store.finished(dataset)).transpose("row", "seed", ...).to_numpy()
    return values.reshape(len(arms), n_transformers, *values.shape[1:])


def _fit(
    dataset: xarray.Dataset, arms: Sequence[str], n_transformers: int
) -> dict[str, np.ndarray]:
    last = at_the_end(dataset)
    return {
        name: _by_arm(last, name, arms, n_transformers) for name in OF_FIT if name in last
    }


def _latents(dataset: xarray.Dataset, arms: Sequence[str], n_transformers: int) -> Latents:
    there = dataset["latent"] >= 0

    def result(name: str) -> np.ndarray:
        found = dataset.assign({name: dataset[name].where(there)})
        values = _by_arm(found, name, arms, n_transformers)
        return values.reshape(*values.shape[:2], -1, *values.shape[4:]).astype(float)

    by_explainer = [f"{name}{end}" for name in SCORERS for end in ("", "_floor", "_reseed_sd")]
    W_dec = _by_arm(dataset, "W_dec", arms, n_transformers)
    return Latents(
        names=tuple(arms),
        fit=_fit(dataset, arms, n_transformers),
        by_latent={name: result(name) for name in BY_LATENT},
        by_explainer={name: result(name) for name in ("bits", *by_explainer)},
        agreement=_agreement(W_dec),
    )


def _agreement(W_dec: np.ndarray) -> np.ndarray:
    """PW-MCC of the decoders of each arm and transformer; nan of one seed."""
    arms, transformers, seeds, *_ = W_dec.shape
    if seeds < 2:
        return np.full((arms, transformers), np.nan)
    of = jax.jit(jax.vmap(metrics.pairwise_mean_correlation_coefficient))
    flat = W_dec.reshape(-1, *W_dec.shape[2:]).astype(np.float32)
    return np.asarray(of(flat), float).reshape(arms, transformers)
