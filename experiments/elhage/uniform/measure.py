"""The dimensionality and the polytope of every feature of every finished model."""

from collections.abc import Mapping
from typing import NamedTuple

import jax
import numpy as np
import xarray

from experiments.elhage.geometry import represented
from superpos import metrics
from superpos.store.best import fragile_of
from superpos.train import NoMemberError, store
from superpos.types import Array

THRESHOLD = 0.1
"""Inner products up to this size count as 0 between the factors of represented features."""


class Models(NamedTuple):
    """The finished models of one sweep, in order of density from dense to sparse.

    Attributes:
        density: p, (k,).
        W: feature directions, (k, n, m).
        D: feature dimensionalities, (k, n).
        kept: which features are represented, bool (k, n).
        labels: tegum factor of each feature, (k, n).
        codes: figure of each feature, index into POLYTOPES, (k, n).
    """

    density: np.ndarray
    W: np.ndarray
    D: np.ndarray
    kept: np.ndarray
    labels: np.ndarray
    codes: np.ndarray

    @property
    def per_feature(self) -> np.ndarray:
        """D* of each model, (k,)."""
        return self.W.shape[-1] / np.square(self.W).sum((-2, -1))


class Sweeps(NamedTuple):
    """The sweeps over density.

    Attributes:
        base: the one that is judged.
        more_features: one with a larger n, if there is one.
        double: one with a larger n and m, if there is one.
        fragile: which of all members of the base, finished or not, are sensitive to rounding, bool
            of any shape; None when not checked.
    """

    base: Models
    more_features: Models | None = None
    double: Models | None = None
    fragile: np.ndarray | None = None

    @property
    def by_name(self) -> dict[str, Models]:
        """The sweeps that there are, the base first."""
        named = {"base": self.base, "more_features": self.more_features, "double": self.double}
        return {name: models for name, models in named.items() if models is not None}


def measure(datasets: Mapping[str, xarray.Dataset]) -> Sweeps:
    """Measure the finished models of each sweep.

    Args:
        datasets: {"base": a sweep over density and seed, "more_features": with a larger n,
            "double": with a larger n and m}; the last two may be left out.
    """
    base = datasets["base"]
    return Sweeps(
        models_of(base),
        *(
            models_of(datasets[name]) if name in datasets else None
            for name in ("more_features", "double")
        ),
        fragile=fragile_of(base),
    )


def models_of(dataset: xarray.Dataset) -> Models:
    """The finished models of a sweep over density, and over seed where it is an axis.

    Raises:
        NoMemberError: there is none.
    """
    if "seed" not in dataset["status"].dims:
        dataset = dataset.drop_vars("seed", errors="ignore").expand_dims("seed")
    W = dataset["W"].transpose("density", "seed", "feature", "hidden")
    finished = store.finished(dataset).transpose("density", "seed").to_numpy()
    density = np.broadcast_to(dataset["density"].to_numpy()[:, None], finished.shape)[finished]
    if not density.size:
        raise NoMemberError("no finished member at any density")
    order = np.argsort(-density, kind="stable")
    rows = W.to_numpy().astype(np.float32)[finished][order]
    kept = represented(rows)
    factors = jax.jit(metrics.tegum_factors)(
        np.where(kept[..., None], rows, 0), threshold=THRESHOLD
    )
    labels = np.asarray(factors)
    return Models(
        density=density[order].astype(float),
        W=rows.astype(float),
        D=np.asarray(jax.jit(metrics.feature_dimensionality)(rows), float),
        kept=kept,
        labels=labels,
        codes=metrics.polytope_codes(rows, labels, represented=kept),
    )


def by_density(models: Models) -> tuple[np.ndarray, np.ndarray]:
    """Densities from dense to sparse, and m over the mean ‖W‖² of the models at each.

    Returns:
        (p, D*), each (n_densities,).
    """
    p = np.unique(models.density)[::-1]
    inverse = [np.mean(1 / models.per_feature[models.density == each]) for each in p]
    return p, 1 / np.array(inverse)


def packing_of_factors(models: Models, threshold: float) -> float:
    """Largest |Σ D_i - rank| / rank over the factors of all features, represented or not."""

    @jax.jit
    def of_models(W: Array) -> tuple[Array, Array]:
        labels = metrics.tegum_factors(W, threshold=threshold)
        ranks = metrics.component_ranks(W, labels, tolerance=1e-2)
        return ranks, metrics.same_component(labels)

    ranks, same = map(np.asarray, of_models(models.W.astype(np.float32)))
    sums = (same * models.D[:, None, :]).sum(-1)
    return float((np.abs(sums - ranks) / np.maximum(ranks, 1)).max())
