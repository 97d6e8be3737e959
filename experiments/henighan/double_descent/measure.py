"""What every model stores: dimensions of features and of points, and the loss on other points."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import numpy as np
import xarray

from experiments.flat import finished_members
from experiments.registry import REGISTRY
from superpos.arguments import ArgumentError
from superpos.data import draw
from superpos.store.best import NoMemberError
from superpos.train import store

N_TEST = 4096
"""Other points on which models are tested."""
NUMBERS = {
    "fraction": "data.fraction",
    "width": "model.n_hidden",
    "weight_decay": "optim.weight_decay",
    "repeats": "data.repeats",
}
"""What models differ in: name of the axis, where it is one, and key of the config."""


class Model(NamedTuple):
    """One trained model.

    Attributes:
        T: points it was trained on.
        m: hidden dimensions in use.
        decay: weight decay.
        repeats: how often the first of the points is there.
        W: feature directions, (n, m).
        h: codes of the points, each once, (T - repeats + 1, m).
        train: loss on the points.
        test: loss on others.
        features: dimensionality of each feature, (n,).
        points: that of each point, (T - repeats + 1,).
    """

    T: int
    m: int
    decay: float
    repeats: int
    W: np.ndarray
    h: np.ndarray
    train: float
    test: float
    features: np.ndarray
    points: np.ndarray

    @property
    def of_features(self) -> float:
        """Mean dimensionality of features, weighted by ‖W_i‖²."""
        return weighted(self.features, self.W)

    @property
    def of_points(self) -> float:
        """Mean dimensionality of points, weighted by ‖h_t‖²."""
        return weighted(self.points, self.h)


class Descent(NamedTuple):
    """The best of the restarts, by the loss on the points, in each variant.

    Attributes:
        points: by T.
        widths: by T and m.
        decay: by T and weight decay.
        repeated: by how often a point is there.
    """

    points: list[Model]
    widths: list[Model]
    decay: list[Model]
    repeated: list[Model]


def measure(datasets: Mapping[str, xarray.Dataset]) -> Descent:
    """Measure the finished models, and choose the best of the restarts.

    Args:
        datasets: {"points": over fraction and seed; "widths": over fraction and width; "decay":
            over fraction, weight_decay and seed; "repeated": over repeats and seed}.

    Raises:
        NoMemberError: no model of the first finished.
    """
    found = Descent(*(best(models_of(datasets[name])) for name in Descent._fields))
    if not found.points:
        raise NoMemberError("no finished model at any number of points")
    return found


def models_of(dataset: xarray.Dataset) -> list[Model]:
    """The finished models of a variant."""
    config, points = store.config_of(dataset), points_of(dataset)
    flat = finished_members(dataset, NUMBERS, ("W", "b", "loss"))
    others, n_samples = other_points(config), int(config["data.n_samples"])
    found = []
    for at in range(flat.sizes["model"]):
        of = flat.isel(model=at)
        fraction, width, decay, repeats = (float(of[name]) for name in NUMBERS)
        W = of["W"].transpose("feature", "hidden").to_numpy().astype(float)
        T, m = max(1, round(fraction * n_samples)), int(width)
        h = distinct(points, T, int(repeats)) @ W
        test = loss_on(others, W, of["b"].to_numpy().astype(float))
        dimensions = dimensionality(W), dimensionality(h)
        of_model = (W[:, :m], h[:, :m], float(of["loss"]), test, *dimensions)
        found.append(Model(T, m, decay, int(repeats), *of_model))
    return found


def points_of(dataset: xarray.Dataset) -> np.ndarray:
    """The most points that a model of a variant was trained on, without repeats, (T, n).

    Raises:
        ArgumentError: batches are drawn from them by chance, so that they do not come in order.
    """
    sampling = store.config_of(dataset)["data.sampling"]
    if sampling != "in_order":
        raise ArgumentError(f"data.sampling={sampling}: expected in_order, to see all points")
    ends: dict[str, Callable[..., Any]] = {"fraction": np.max, "repeats": np.min}
    chosen = {name: of(dataset[name].to_numpy()) for name, of in ends.items() if name in dataset}
    source = store.component(dataset, REGISTRY, "data", **chosen)
    n_samples = int(store.config_of(dataset)["data.n_samples"])
    return np.asarray(draw(source, jax.random.key(0), n_samples).inputs, float)


def distinct(points: np.ndarray, T: int, repeats: int) -> np.ndarray:
    """The first T points, each once, where the first takes the places of `repeats` of them."""
    return np.concatenate([points[:1], points[min(repeats, T) : T]])


def other_points(config: Mapping[str, Any]) -> np.ndarray:
    """Points that no model was trained on, (N_TEST, n), drawn as the others are."""
    rng = np.random.default_rng(0)
    size = (N_TEST, int(config["data.n_features"]))
    x = rng.random(size) * (rng.random(size) < config["data.data.data.density"])
    norms = np.linalg.norm(x, axis=1, keepdims=True)
    return x / np.where(norms > 0, norms, 1)


def loss_on(x: np.ndarray, W: np.ndarray, b: np.ndarray) -> float:
    """Mean of ‖x - ReLU(W Wᵀ x + b)‖² over points x (k, n)."""
    return float(np.square(x - np.maximum(x @ W @ W.T + b, 0)).sum(1).mean())


def dimensionality(rows: np.ndarray) -> np.ndarray:
    """D_i = ‖r_i‖⁴ / Σ_j (r_i·r_j)² of rows (k, m), (k,); 0 of a row that is 0."""
    squares = np.square(rows).sum(1)
    others = np.einsum("ka,ab,kb->k", rows, rows.T @ rows, rows)
    return np.where(others > 0, np.square(squares) / np.where(others > 0, others, 1), 0)


def weighted(dimensions: np.ndarray, rows: np.ndarray) -> float:
    """Mean of dimensions (k,) by the squared norms of rows (k, m); 0 where all are 0."""
    squares = np.square(rows).sum(1)
    return float(dimensions @ squares / squares.sum()) if squares.any() else 0.0


def best(models: list[Model]) -> list[Model]:
    """The model with the least loss on its points at each T, m, decay and number of repeats."""
    found: dict[tuple[Any, ...], Model] = {}
    for model in models:
        place = model[:4]
        if place not in found or model.train < found[place].train:
            found[place] = model
    return [found[place] for place in sorted(found)]
