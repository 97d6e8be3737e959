"""Autoencoders of a trained transformer beside those of randomised ones: numbers by arm."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import jax
import numpy as np
import xarray

from experiments.interp.randomised.excerpts import Excerpt, excerpts_of
from superpos import metrics
from superpos.app.search_metric import at_the_end
from superpos.arguments import ArgumentError, shown
from superpos.evaluations.interpretation import BY_EXPLAINER, BY_LATENT, EXPLAINERS
from superpos.models.transformer.arms import arms_of
from superpos.train import store
from superpos.types import EMPTY

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
FRONTIER_ARMS = ARMS[:2]
"""Of the registered experiment."""
L0, EXPLAINED = "held_out_l0", "held_out_explained_variance"
RECOVERED = "loss_recovered"
OF_FIT = (L0, EXPLAINED, "held_out_dead_share", "eligible_share")


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
        """A result of an arm by latent, (transformers, latents); nan of one that is not there."""
        if arm not in self.names:
            return np.full(self.by_latent[BY_LATENT[0]].shape[1:], np.nan)
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
        k: latents that are active at a time; None where the model has no such number.
        nulls: of the last layer, by name, each an arm of its own.
        recovered: share of the loss that reconstructions keep, of "whole" and of those of nulls
            of which it was measured, (transformers,); nan where that is no number.
        explained: held-out explained variance in the last layer of every arm by its name,
            (transformers,), and of those that are not explained.
        frontier: trained and randomised, over L0 and width.
        agreement: PW-MCC of the decoders of several seeds, at the largest L0 and width there, by
            arm, (transformers,); nan of one seed.
        excerpts: contexts of latents of the last layer, for a person.
    """

    layers: tuple[int, ...]
    scored: list[Latents]
    k: float | None
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

    def explained_of(self, arm: str) -> np.ndarray:
        """Of `explained`, nan of an arm that is not there."""
        return self.explained.get(arm, np.full(self.last.fit[EXPLAINED].shape[1], np.nan))


def measure(
    datasets: Mapping[str, xarray.Dataset],
    layers: Sequence[int] = LAYERS,
    arms: Sequence[str] = ARMS,
    floor_arms: Sequence[str] = FLOOR_ARMS,
    frontier_arms: Sequence[str] = FRONTIER_ARMS,
    layers_of: Mapping[str, Sequence[int]] = EMPTY,
) -> Randomised:
    """Read what was stored of all autoencoders.

    Args:
        datasets: {"scored": over row and seed, "floors", and "whole" and those of NULLS that
            there are: likewise, of the last layer, "frontier": over row, width, k and seed}, and
            perhaps "transformer": over seed.
        layers: of the asset of "scored".
        arms: of the same; its rows are those of `assets.activations`.
        floor_arms: those of "floors".
        frontier_arms: those of "frontier".
        layers_of: of the assets of other variants, by name; each has the last one alone.

    Raises:
        ArgumentError: a row that no layer, arm and transformer has, an unknown arm, or a variant of
            another layer; one line.
    """
    for name, found in layers_of.items():
        if [*found] != [layers[-1]]:
            key = f"variants.{name}.assets.activations.layers"
            raise ArgumentError(
                f"{key}={shown([*found])}: expected [{layers[-1]}], the last of those of {SCORED}"
            )
    arms, floor_arms, frontier_arms = map(_canonical, (arms, floor_arms, frontier_arms))
    several = datasets.get(TRANSFORMER)
    n = 1 if several is None else int(store.finished(several).sum())
    nulls = [name for name in NULLS if name in datasets]
    per_layer = [
        _rows(datasets, SCORED, len(arms) * n, at, len(layers)) for at in range(len(layers))
    ]
    floors = _fit(_rows(datasets, FLOORS, len(floor_arms) * n), floor_arms, n)
    of_trained = {name: _rows(datasets, name, n) for name in (WHOLE, *nulls) if name in datasets}
    several_seeds = _rows(datasets, FRONTIER, len(frontier_arms) * n)
    scored = [_latents(each, arms, n) for each in per_layer]
    explained = {
        name: values.mean(axis=-1)
        for names, fit in ((arms, scored[-1].fit), (floor_arms, floors))
        for name, values in zip(names, fit[EXPLAINED], strict=True)
    }
    return Randomised(
        layers=tuple(layers),
        scored=scored,
        k=store.config_of(datasets[SCORED]).get("model.k"),
        nulls={
            name: _latents(of_trained[name], (name,), n)
            for name in nulls
            if "latent_number" in datasets[name]
        },
        recovered={
            name: _recovered(each, n) for name, each in of_trained.items() if RECOVERED in each
        },
        explained=explained,
        frontier=_frontier(several_seeds, frontier_arms, n),
        agreement=_agreement(several_seeds, frontier_arms, n),
        excerpts=excerpts_of(per_layer[-1], arms, n),
    )


def _canonical(names: Sequence[str]) -> tuple[str, ...]:
    """Names of arms as claims have them.

    Raises:
        ArgumentError: an unknown one; one line.
    """
    return tuple(" + ".join((each.weights, *each.changes)) for each in arms_of(names))


def _rows(
    datasets: Mapping[str, xarray.Dataset], name: str, n: int, part: int = 0, n_parts: int = 1
) -> xarray.Dataset:
    """A part of the rows of the asset of a variant, n in each; what no autoencoder is of is nan.

    Raises:
        ArgumentError: there are rows that no part has; one line.
    """
    dataset = datasets[name]
    key = "sweep.data.data.row" if name == SCORED else f"variants.{name}.sweep.data.data.row"
    expected = (
        f"expected whole numbers below {n * n_parts}, one for each layer of each arm of each"
        " transformer"
    )
    if "row" not in dataset.dims:
        raise ArgumentError(f"{key}: missing, {expected}")
    known = dataset["row"].to_numpy()
    wrong = known[(known < 0) | (known >= n * n_parts) | (known != np.floor(known))]
    if wrong.size:
        raise ArgumentError(f"{key}: {wrong[0]:g}, {expected}")
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
    found = _by_arm(at_the_end(dataset), RECOVERED, (WHOLE,), n_transformers)
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
            l0, explained = (float(here[name].mean()) for name in (L0, EXPLAINED))
            found.append(Setting(arms[int(row)], float(k), float(width), l0, explained))
    return found
