"""Returns on the capacity of each feature, of models trained on with one capacity held."""

from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray

from superpos import metrics
from superpos.train import store

TIED, QUADRATIC = "autoencoder", "quadratic"
EDGE = 0.05
"""A capacity this near to 0 or 1 counts as 0 or 1."""
LEAST_SHIFT = 0.002
"""A capacity that was held moved at least so far, or nothing is measured."""


class Returns(NamedTuple):
    """Of one kind of model, the one of the lowest loss of those that were trained on.

    Attributes:
        capacity: C_i of it, (n,).
        losses: of all that finished, over the least, less 1, (seeds,).
        values: importance of each feature, (n,).
        n_hidden: m.
        kurtosis: of the quadratic model, else nan.
        returned: marginal return by the change of the loss where the others are held, (n,); nan
            where a capacity did not move.
        force: the same by the pull of the penalty, coefficient (C_i - t), (n,).
        down: change of the loss over that of the capacity where the others are free and this one is
            held lower, (n,), nan as above.
        up: the same where it is held higher.
        moved: capacities with the others held, down, and up, (3, n, n): [way, pinned feature, i].
    """

    capacity: np.ndarray
    losses: np.ndarray
    values: np.ndarray
    n_hidden: int
    kurtosis: float
    returned: np.ndarray
    force: np.ndarray
    down: np.ndarray
    up: np.ndarray
    moved: np.ndarray

    @property
    def shared(self) -> np.ndarray:
        """Features with 0 < C < 1 whose return was measured, bool (n,)."""
        inside = (self.capacity > EDGE) & (self.capacity < 1 - EDGE)
        return inside & ~np.isnan(self.returned)

    @property
    def price(self) -> float:
        """Mean return of the features that share, nan where none does."""
        return float(self.returned[self.shared].mean()) if self.shared.any() else np.nan


def measure(datasets: Mapping[str, xarray.Dataset]) -> dict[str, Returns]:
    """Returns of both kinds of models.

    Args:
        datasets: {"autoencoder", "quadratic": sweeps over seed; "autoencoder_pinned",
            "quadratic_pinned": from these, over model.init.member, pinned_feature and shift}.
    """
    return {
        kind: returns_of(datasets[kind], datasets[f"{kind}_pinned"]) for kind in (TIED, QUADRATIC)
    }


def returns_of(trained: xarray.Dataset, pinned: xarray.Dataset) -> Returns:
    """What is measured of one kind."""
    config = store.config_of(pinned)
    coefficient = float(config["model.regularisers.pinned_capacity.coefficient"])
    done = store.finished(trained).to_numpy()
    loss = trained["loss"].isel(step=-1).to_numpy()[done]
    # a member is a number among those that finished; what is above the last is the last
    members = pinned["model.init.member"].to_numpy().astype(int).clip(max=len(loss) - 1)
    place = int(np.argmin(loss[members]))
    best = loss[members[place]]
    W = trained["W"].transpose("seed", "feature", "hidden").to_numpy()[done]
    start = _capacity(W[members[place]])
    n = len(start)
    [way] = {*pinned["status"].dims} - {"model.init.member", "pinned_feature", "seed"}
    from_best = pinned.isel({"model.init.member": place})
    from_best = from_best.isel(seed=0, step=-1).transpose(way, "pinned_feature", ...)
    lost = from_best["loss"].where(store.finished(from_best)).to_numpy().astype(float)
    moved = _capacity(from_best["W"].transpose(..., "feature", "hidden").to_numpy())
    found = np.full((3, n, n), np.nan), np.full((3, n), np.nan), np.full((3, n), np.nan)
    shifts, others = (from_best[name].to_numpy() for name in ("shift", "others"))
    for at, (shift, held) in enumerate(zip(shifts, others, strict=True)):
        row = 0 if held > 0 else 1 if shift < 0 else 2
        for k, feature in enumerate(from_best["pinned_feature"].to_numpy().astype(int)):
            C = moved[at, k]
            target = start.copy()
            target[feature] = np.clip(start[feature] + shift, 0, 1)
            pulls = coefficient * (C - target) * np.where(np.arange(n) == feature, 1, held)
            rise = lost[at, k] - best - (pulls * (C - target)).sum() / 2
            rest = np.delete(pulls * (C - start), feature).sum()
            off = start[feature] - C[feature]
            found[0][row, feature] = C
            if abs(off) > LEAST_SHIFT:
                found[1][row, feature] = (rise + rest) / (off if held > 0 else abs(off))
            found[2][row, feature] = pulls[feature]
    ordered = np.sort(loss)
    return Returns(
        capacity=start,
        losses=ordered / ordered[0] - 1,
        values=float(config["model.importance_decay"]) ** np.arange(n),
        n_hidden=pinned.sizes["hidden"],
        kurtosis=float(config.get("model.kurtosis", np.nan)),
        returned=found[1][0],
        force=np.where(np.isnan(found[1][0]), np.nan, found[2][0]),
        down=found[1][1],
        up=found[1][2],
        moved=found[0],
    )


_jitted = jax.jit(metrics.capacity)


def _capacity(W: np.ndarray) -> np.ndarray:
    return np.asarray(_jitted(jnp.asarray(W, jnp.float32)), float)
