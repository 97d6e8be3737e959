"""The Gram matrix evolved by itself, beside W, on the same data; in float64, and in float32."""

from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray

from experiments.gauge.dynamics.equivariance import name_of
from superpos import gauge

WAYS = ("sgd", "momentum", "decay")
"""Optimisers of W of which G has a rule."""
RANK_TOLERANCE = 1e-8
"""Eigenvalues of a Gram matrix count above this share of the largest."""


class Followed(NamedTuple):
    """One start followed in W and in G = W Wᵀ; everything by the name of the way.

    Gaps are largest differences of an entry of the Gram matrix from that of W in float64, after
    each update, (n_steps,); infinite where a run diverged.

    Attributes:
        gap: of G whose rank is truncated, float64.
        raw: of G by its rule alone, float64.
        single: of W in float32.
        raw_single: of G by its rule alone, float32.
        loss_gap: difference of the losses on fresh data of W and of the truncated G, as `gap`.
        ends: W at the end, (n_features, n_hidden).
        gram: truncated G at the end, (n_features, n_features).
    """

    gap: dict[str, np.ndarray]
    raw: dict[str, np.ndarray]
    single: dict[str, np.ndarray]
    raw_single: dict[str, np.ndarray]
    loss_gap: dict[str, np.ndarray]
    ends: dict[str, np.ndarray]
    gram: dict[str, np.ndarray]


class Labels(NamedTuple):
    """What is measured of W and of G.

    Attributes:
        followed: one start, in all ways.
        loss_ratio: loss at the end in G with momentum over that of the stored run in W.
        recovered: how far weights made from G are from W, relative; the most over all ways.
        rank: of truncated G at the end; the most over all ways.
        naive_rank: of G after gradient steps of its entries.
        naive_least: the least eigenvalue on the way of those, as a share of the largest then.
    """

    followed: Followed
    loss_ratio: float
    recovered: float
    rank: int
    naive_rank: int
    naive_least: float


def follow_labels(datasets: Mapping[str, xarray.Dataset]) -> Labels:
    """Compare runs in W and in G.

    Args:
        datasets: those of `follow`; "naive"; "tied", the tied model trained by SGD with momentum in
            float32.
    """
    followed = follow(datasets)
    naive = naive_path(datasets["naive"])
    return Labels(
        followed=followed,
        loss_ratio=loss_ratio(datasets["label"], datasets["tied"]),
        recovered=max(recovered(G, followed.ends[way]) for way, G in followed.gram.items()),
        rank=max(map(rank_of, followed.gram.values())),
        naive_rank=rank_of(naive[-1]),
        naive_least=least_eigenvalue(naive),
    )


def follow(datasets: Mapping[str, xarray.Dataset]) -> Followed:
    """Compare the runs of one start in W and in G.

    Args:
        datasets: "weights", "label", "rule", "weights_single" and "rule_single", each a sweep over
            the ways, on the same data.
    """
    names = ("weights", "label", "rule", "weights_single", "rule_single")
    runs = {name: _ways(datasets[name]) for name in names}
    paths = {
        name: {way: _gram_path(one) for way, one in ways.items()} for name, ways in runs.items()
    }

    def gaps(name: str) -> dict[str, np.ndarray]:
        return {way: _gap(path, paths["weights"][way]) for way, path in paths[name].items()}

    weights, label = runs["weights"], runs["label"]
    return Followed(
        gap=gaps("label"),
        raw=gaps("rule"),
        single=gaps("weights_single"),
        raw_single=gaps("rule_single"),
        loss_gap={way: np.abs(_losses(one) - _losses(label[way])) for way, one in weights.items()},
        ends={way: one["W"].to_numpy() for way, one in weights.items()},
        gram={way: one["G"].to_numpy() for way, one in label.items()},
    )


def loss_ratio(label: xarray.Dataset, tied: xarray.Dataset) -> float:
    """Loss at the end of G with momentum over that of a stored run of W, on the same data."""
    return float(_losses(_ways(label)["momentum"])[-1] / _losses(tied.isel(seed=0))[-1])


def naive_path(dataset: xarray.Dataset) -> np.ndarray:
    """G after each gradient step of its entries, (n_steps, n_features, n_features)."""
    return _gram_path(dataset.isel(seed=0))


def _ways(dataset: xarray.Dataset) -> dict[str, xarray.Dataset]:
    """The runs of a sweep over momentum and weight decay, by the name of the way."""
    dataset = dataset.isel(seed=0)
    [dim] = dataset["status"].dims
    rows = [dataset.isel({dim: row}) for row in range(dataset.sizes[dim])]
    return {
        name_of("sgdw", float(one["momentum"]), float(one["weight_decay"])): one for one in rows
    }


def _gram_path(run: xarray.Dataset) -> np.ndarray:
    """G after each update in float64; infinite where the run diverged."""
    if run["status"].item() != "ok":
        n = run.sizes["feature"]
        return np.full((run.sizes["step"], n, n), np.inf)
    if "G_path" in run:
        return run["G_path"].to_numpy().astype(np.float64)
    W = run["W_path"].transpose("step", "feature", "hidden").to_numpy().astype(np.float64)
    return W @ np.swapaxes(W, -1, -2)


def _gap(path: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The largest difference of an entry, for as long as both go on."""
    n_steps = min(len(path), len(other))
    return np.abs(path[:n_steps] - other[:n_steps]).max(axis=(-2, -1))


def _losses(run: xarray.Dataset) -> np.ndarray:
    return run["loss"].to_numpy().astype(np.float64)


def rank_of(G: np.ndarray) -> int:
    """Eigenvalues of G (n, n) that count."""
    values = np.abs(np.linalg.eigvalsh(G))
    return int((values > RANK_TOLERANCE * values.max()).sum())


def least_eigenvalue(path: np.ndarray) -> float:
    """The least eigenvalue on a path of Gram matrices, as a share of the largest then."""
    values = np.linalg.eigvalsh(path)
    return float((values[:, 0] / values[:, -1]).min())


def recovered(G: np.ndarray, W: np.ndarray) -> float:
    """How far weights made from G are from W once turned towards it, relative; inf if unlike."""
    with jax.enable_x64(True):
        made = {"W": gauge.factor(jnp.asarray(G), W.shape[1])}
        given, group = {"W": jnp.asarray(W)}, gauge.symmetries.rotation()
        witness = gauge.equivalent(given, made, group, gauge.search_rotation())
        if witness is None:
            return np.inf
        turned = group.act(witness, made)["W"]
        return float(jnp.abs(turned - given["W"]).max() / jnp.abs(given["W"]).max())
