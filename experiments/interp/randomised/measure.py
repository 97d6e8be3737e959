"""Autoencoders of a trained transformer beside those of randomised ones: numbers by arm."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import jax
import numpy as np
import xarray

from experiments.interp.randomised.excerpts import Excerpt, excerpts_of
from superpos import metrics
from superpos.app.search_metric import at_the_end
from superpos.arguments import ArgumentError
from superpos.evaluations.interpretation import BY_EXPLAINER, BY_LATENT, EXPLAINERS
from superpos.train import store

SCORED, FLOORS, FRONTIER, TRANSFORMER = "scored", "floors", "frontier", "transformer"
WHOLE = "whole"
NULLS = ("frozen_decoder", "frozen_encoder", "soft_decoder", "untrained")
"""The variants; nulls are of the trained transformer, and have learned nothing, or little."""
LAYERS = 0, 1
ARMS = (
    "trained",
    "shuffle_entries",
    "gaussian",
    "trained + token_alone",
    "trained + noise_embeddings",
)
FLOOR_ARMS = (
    "trained + matched_gaussian",
    "shuffle_entries + matched_gaussian",
    "trained + less_token_means",
    "shuffle_entries + less_token_means",
    "trained + less_token_means + matched_gaussian",
    "shuffle_entries + less_token_means + matched_gaussian",
)
"""Of the registered experiment."""
OF_FIT = ("held_out_l0", "held_out_explained_variance", "held_out_dead_share", "eligible_share")


class Latents(NamedTuple):
    """Autoencoders of several arms; nan where a latent or an autoencoder is missing.

    Attributes:
        names: of the arms.
        fit: L0, explained variance, dead and eligible share, each (arms, transformers, seeds).
        by_latent: entropies and so on, each (arms, transformers, latents), those of all seeds.
        by_explainer: bits, and by scorer the value, with `_floor` and `_reseed_sd`, each
            (arms, transformers, latents, explainers).
    """

    names: tuple[str, ...]
    fit: dict[str, np.ndarray]
    by_latent: dict[str, np.ndarray]
    by_explainer: dict[str, np.ndarray]

    def of(self, arm: str, result: str, explainer: str = "") -> np.ndarray:
        """A result of an arm by latent, (transformers, latents)."""
        at = self.names.index(arm)
        if explainer:
            return self.by_explainer[result][at][..., EXPLAINERS.index(explainer)]
        return self.by_latent[result][at]


class Setting(NamedTuple):
    """Autoencoders of one arm, L0 and width: means over seeds and transformers."""

    arm: str
    k: float
    width: float
    l0: float
    explained: float


class Randomised(NamedTuple):
    """All that is judged and drawn.

    Attributes:
        layers: their numbers.
        scored: of each layer, the arms whose latents are explained.
        nulls: of the last layer, by name, each an arm of its own.
        recovered: share of the loss that reconstructions keep, of "whole" and of each of nulls,
            (transformers,); nan where that is no number.
        explained: held-out explained variance in the last layer of every arm by its name,
            (transformers,), and of those that are not explained.
        frontier: trained and randomised, over L0 and width.
        agreement: PW-MCC of the decoders of several seeds, at the largest L0 and width there, by
            arm, (transformers,); nan of one seed.
        excerpts: contexts of latents of the last layer, for a person.
    """

    layers: tuple[int, ...]
    scored: list[Latents]
    nulls: dict[str, Latents]
    recovered: dict[str, np.ndarray]
    explained: dict[str, np.ndarray]
    frontier: list[Setting]
    agreement: dict[str, np.ndarray]
    excerpts: list[Excerpt]

    @property
    def last(self) -> Latents:
        """The scored arms of the last layer."""
        return self.scored[-1]


def measure(
    datasets: Mapping[str, xarray.Dataset],
    layers: Sequence[int] = LAYERS,
    arms: Sequence[str] = ARMS,
    floor_arms: Sequence[str] = FLOOR_ARMS,
) -> Randomised:
    """Read what was stored of all autoencoders.

    Args:
        datasets: {"scored": over row and seed, "floors", "whole" and those of NULLS that there
            are: likewise, of the last layer, "frontier": over row, width, k and seed}, and perhaps
            "transformer": over seed.
        layers: of the asset of "scored".
        arms: of the same; its rows are those of `assets.activations`.
        floor_arms: those of "floors".

    Raises:
        ArgumentError: there are more rows than layers, arms and transformers; one line.
    """
    several = datasets.get(TRANSFORMER)
    n = 1 if several is None else int(store.finished(several).sum())
    nulls = [name for name in NULLS if name in datasets]
    per_layer = [
        _rows(datasets[SCORED], len(arms) * n, at, len(layers)) for at in range(len(layers))
    ]
    floors = _fit(_rows(datasets[FLOORS], len(floor_arms) * n), floor_arms, n)
    of_trained = {name: _rows(datasets[name], n) for name in (WHOLE, *nulls)}
    several_seeds = _rows(datasets[FRONTIER], 2 * n)
    scored = [_latents(each, arms, n) for each in per_layer]
    explained = {
        name: values.mean(axis=-1)
        for names, fit in ((arms, scored[-1].fit), (floor_arms, floors))
        for name, values in zip(names, fit["held_out_explained_variance"], strict=True)
    }
    return Randomised(
        layers=tuple(layers),
        scored=scored,
        nulls={name: _latents(of_trained[name], (name,), n) for name in nulls},
        recovered={name: _recovered(each, n) for name, each in of_trained.items()},
        explained=explained,
        frontier=_frontier(several_seeds, arms, n),
        agreement=_agreement(several_seeds, arms[:2], n),
        excerpts=excerpts_of(per_layer[-1], arms, n),
    )


def _rows(dataset: xarray.Dataset, n: int, part: int = 0, n_parts: int = 1) -> xarray.Dataset:
    """A part of the rows of an asset, n in each; one that no autoencoder is of is nan.

    Raises:
        ArgumentError: there are rows that no part has; one line.
    """
    known = dataset["row"].to_numpy()
    if known.max() >= n * n_parts:
        raise ArgumentError(
            f"sweep.data.data.row: {known.max():.0f}, expected rows below {n * n_parts}, one for"
            " each layer of each arm of each transformer"
        )
    found = dataset.assign(ok=store.finished(dataset).astype(float))
    rows = np.arange(part * n, (part + 1) * n, dtype=known.dtype)
    return found.reindex(row=rows)


def _by_arm(
    dataset: xarray.Dataset, name: str, arms: Sequence[str], n_transformers: int
) -> np.ndarray:
    """A result, (arms, transformers, seeds, ...), nan for what did not finish."""
    values = dataset[name].where(dataset["ok"] == 1).transpose("row", "seed", ...).to_numpy()
    return values.reshape(len(arms), n_transformers, *values.shape[1:])


def _fit(
    dataset: xarray.Dataset, arms: Sequence[str], n_transformers: int
) -> dict[str, np.ndarray]:
    last = at_the_end(dataset)
    return {name: _by_arm(last, name, arms, n_transformers) for name in OF_FIT if name in last}


def _latents(dataset: xarray.Dataset, arms: Sequence[str], n_transformers: int) -> Latents:
    there = dataset["latent_number"] >= 0

    def result(name: str) -> np.ndarray:
        """Latents of all seeds in one dimension."""
        known = dataset.assign({name: dataset[name].where(there)})
        values = _by_arm(known, name, arms, n_transformers)
        return values.reshape(*values.shape[:2], -1, *values.shape[4:]).astype(float)

    return Latents(
        names=tuple(arms),
        fit=_fit(dataset, arms, n_transformers),
        by_latent={name: result(name) for name in BY_LATENT},
        by_explainer={name: result(name) for name in BY_EXPLAINER},
    )


def _recovered(dataset: xarray.Dataset, n_transformers: int) -> np.ndarray:
    found = _by_arm(at_the_end(dataset), "loss_recovered", (WHOLE,), n_transformers)
    return found[0].mean(axis=-1)


def _agreement(
    dataset: xarray.Dataset, arms: Sequence[str], n_transformers: int
) -> dict[str, np.ndarray]:
    largest = dataset.isel(k=-1, width=-1)
    W_dec = _by_arm(largest, "W_dec", arms, n_transformers).astype(np.float32)
    known = np.isfinite(W_dec).all(axis=(2, 3, 4))
    found = np.full(known.shape, np.nan)
    if W_dec.shape[2] > 1 and known.any():
        of = jax.jit(jax.vmap(metrics.pairwise_mean_correlation_coefficient))
        found[known] = of(W_dec[known])
    return dict(zip(arms, found, strict=True))


def _frontier(dataset: xarray.Dataset, arms: Sequence[str], n_transformers: int) -> list[Setting]:
    """Means over seeds and transformers, in the order of arm, width and k."""
    last = at_the_end(dataset).where(dataset["ok"] == 1).mean("seed")
    last = last.assign_coords(row=np.arange(last.sizes["row"]) // n_transformers)
    found = []
    for row, of_arm in last.groupby("row"):
        for width, k in (
            (w, k) for w in of_arm["width"].to_numpy() for k in of_arm["k"].to_numpy()
        ):
            here = of_arm.sel(width=width, k=k)
            l0, explained = (
                float(here[name].mean()) for name in ("held_out_l0", "held_out_explained_variance")
            )
            found.append(Setting(arms[int(row)], float(k), float(width), l0, explained))
    return found
