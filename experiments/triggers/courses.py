"""The loss of stored runs over the compute that they have taken, and a law fitted to it."""

from typing import NamedTuple

import numpy as np
import xarray

from superpos.train import store
from superpos.triggers import LossLaw, fit_law
from superpos.triggers.fitted import LEAST_BUDGETS

FLOPS_PER_WEIGHT = 6
"""For one example and one parameter: 2 forward and 4 backward."""


class Course(NamedTuple):
    """What runs of one recipe have come to.

    Attributes:
        flops: of training, after each block, (blocks,).
        loss: on fresh examples, of finished seeds, (seeds, blocks).
        loss_se: its standard error over examples, (seeds, blocks).
    """

    flops: np.ndarray
    loss: np.ndarray
    loss_se: np.ndarray

    def at_doublings(self) -> "Course":
        """At the first budget, and at those of 2, 4, 8, ... times its FLOPs."""
        n = int(np.log2(self.flops[-1] / self.flops[0]) + 1e-9)
        wanted = self.flops[0] * 2.0 ** np.arange(n + 1)
        at = np.abs(np.log(self.flops / wanted[:, None])).argmin(1)
        return Course(self.flops[at], self.loss[:, at], self.loss_se[:, at])

    def beyond(self, share: float) -> "Course":
        """From a share of the longest budget on."""
        there = self.flops >= share * self.flops[-1] * (1 - 1e-9)
        return Course(self.flops[there], self.loss[:, there], self.loss_se[:, there])

    def seeds(self, which: slice) -> "Course":
        """Some of the seeds."""
        return self._replace(loss=self.loss[which], loss_se=self.loss_se[which])


def course(dataset: xarray.Dataset) -> Course:
    """The course of the finished runs of a sweep over seeds."""
    config = store.config_of(dataset)
    n_weights = dataset.sizes["feature"] * (dataset.sizes["hidden"] + 1)
    examples = dataset["step"].to_numpy() * float(config["fit.batch_size"])
    there = dataset.isel(seed=np.flatnonzero(store.finished(dataset)))
    loss, se = (
        there[name].transpose("seed", "step").to_numpy().astype(float)
        for name in ("loss", "loss_standard_error")
    )
    return Course(FLOPS_PER_WEIGHT * n_weights * examples, loss, se)


def law_of(course: Course) -> LossLaw | None:
    """The law of the mean over seeds.

    Returns:
        None where there are too few budgets, or no seed.

    Raises:
        ValueError: the loss is no power law.
    """
    if len(course.flops) < LEAST_BUDGETS or not len(course.loss):
        return None
    return fit_law(course.flops, course.loss.mean(0))
