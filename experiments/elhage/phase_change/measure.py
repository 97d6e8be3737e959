"""The best trained model and the exact optimum at each point of the diagram."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray

from experiments.elhage.phase_change import theory
from experiments.elhage.phase_change.sampling import closed_form_deviation
from superpos.store.best import fragile_of
from superpos.train import best_of, store

JUMP_R = 0.1
"""Relative importance at which the fall of |w2| along p is looked at."""
REGIONS = {
    2: ({"ignore"}, {"dedicate"}, {"antipodal"}),
    3: ({"ignore last"}, {"ignore first", "antipodal others"}, {"antipodal extra"}),
}
"""The extra feature is not represented; has a dimension for itself; is in superposition."""


class Diagram(NamedTuple):
    """The best trained model and the exact optimum at each density (rows) and importance.

    Attributes:
        densities: p, (n_p,).
        importances: relative importance r of the last feature, (n_r,).
        excess: best trained loss over the exact optimum, minus 1, (n_p, n_r).
        excess_of_10: the same for the first ten restarts only, (n_p, n_r).
        trained: phase of the best trained model, an index into theory.PHASES, (n_p, n_r).
        exact: phase of the exact optimum, (n_p, n_r).
        last_norm: norm of the last feature in the best trained model, (n_p, n_r).
        W: weights of the best trained model, (n_p, n_r, n_features, n_hidden).
        b: its biases, (n_p, n_r, n_features).
        W_exact: weights of the exact optimum, (n_p, n_r, n_features, n_hidden).
        loss: its exact loss, (n_p, n_r).
        n_restarts: models trained at each point.
        closed_form: largest relative deviation of Monte Carlo from the closed-form losses.
        fragile: where the best trained model is sensitive to rounding, bool (n_p, n_r); None when
            not checked.
    """

    densities: np.ndarray
    importances: np.ndarray
    excess: np.ndarray
    excess_of_10: np.ndarray
    trained: np.ndarray
    exact: np.ndarray
    last_norm: np.ndarray
    W: np.ndarray
    b: np.ndarray
    W_exact: np.ndarray
    loss: np.ndarray
    n_restarts: int
    closed_form: float
    fragile: np.ndarray | None = None

    @property
    def n_features(self) -> int:
        """2 or 3."""
        return self.W.shape[-2]

    @property
    def phases(self) -> tuple[str, ...]:
        """Names of the phases."""
        return theory.PHASES[self.n_features]


def measure(datasets: Mapping[str, xarray.Dataset]) -> Diagram:
    """Reduce a sweep to its best models and compare them with the exact optimum.

    Args:
        datasets: {"sweep": a sweep over density, relative importance and seed}, with n = 2, m = 1
            or n = 3, m = 2.
    """
    dataset = datasets["sweep"]
    n_features = dataset.sizes["feature"]
    [importance_dim] = set(dataset["status"].dims) - {"density", "seed"}
    dataset = dataset.transpose("density", importance_dim, "seed", ...)
    p = dataset["density"].to_numpy().astype(float)
    r = dataset[importance_dim].to_numpy().astype(float)
    importances = np.ones((len(r), n_features))
    importances[:, -1] = r
    losses = _exact_losses(dataset, p, importances)
    best = best_of(dataset, losses)
    best_of_10 = losses.where(store.finished(dataset)).isel(seed=slice(10)).min("seed")
    exact_loss, W, _ = theory.exact_optima(p, importances, n_hidden=dataset.sizes["hidden"])
    W_best, loss = best["W"].to_numpy(), best["best_loss"].to_numpy()
    return Diagram(
        densities=p,
        importances=r,
        excess=loss / exact_loss - 1,
        excess_of_10=best_of_10.to_numpy() / exact_loss - 1,
        trained=theory.classify(W_best),
        exact=theory.classify(W),
        last_norm=np.linalg.norm(W_best[..., -1, :], axis=-1),
        W=W_best,
        b=best["b"].to_numpy(),
        W_exact=W,
        loss=loss,
        n_restarts=dataset.sizes["seed"],
        closed_form=closed_form_deviation(n_features),
        fragile=fragile_of(best),
    )


def _exact_losses(
    dataset: xarray.Dataset, p: np.ndarray, importances: np.ndarray
) -> xarray.DataArray:
    """The exact loss of every member, (n_p, n_r, n_seeds); p (n_p,), importances (n_r, n)."""
    finished = dataset.where(store.finished(dataset), 0.0)  # the others are never the best
    losses = theory.exact_loss(
        finished["W"].to_numpy(),
        finished["b"].to_numpy(),
        density=p[:, None, None],
        importance=importances[None, :, None],
    )
    return dataset["status"].copy(data=losses)


def interior(phases: np.ndarray) -> np.ndarray:
    """Points whose neighbours, diagonal ones too, all have the same phase, bool (n_p, n_r)."""
    padded = np.pad(phases, 1, mode="edge")
    n_p, n_r = phases.shape
    shifted = [padded[i : i + n_p, j : j + n_r] for i in range(3) for j in range(3)]
    return np.all([other == phases for other in shifted], axis=0)


def n_regions(phases: np.ndarray, n_features: int) -> int:
    """How many of the paper's three regions occur: see REGIONS."""
    names = theory.PHASES[n_features]
    found = {names[phase] for phase in np.unique(phases)}
    return sum(bool(region & found) for region in REGIONS[n_features])


def jump_along_density(diagram: Diagram) -> tuple[float, float] | None:
    """Largest fall of |w2| between neighbouring densities at r = 0.1, and where it is.

    Returns:
        (fall, geometric mean of the two densities); None when r = 0.1 is not on the grid.
    """
    column = np.flatnonzero(np.isclose(diagram.importances, JUMP_R, rtol=1e-3))
    if not column.size or len(diagram.densities) < 3:
        return None
    order = np.argsort(diagram.densities)
    p, norms = diagram.densities[order], diagram.last_norm[order, column[0]]
    falls = norms[:-1] - norms[1:]
    at = int(falls.argmax())
    return float(falls[at]), float(np.sqrt(p[at] * p[at + 1]))
