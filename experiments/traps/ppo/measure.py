"""How often agents take action E, what each branch pays them, and how much features mix."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray

from superpos.train import store


class Arm(NamedTuple):
    """Agents of one rank from one start.

    Attributes:
        rank: dimensions of the bottleneck.
        preference: of E at the start.
        occupancy: probability of E, at each time, (n_agents, n_times).
        branch_return: mean reward on S and on E at the end, (n_agents, 2).
        crosstalk: of the pairs 12, 13 and 23 at the end, (n_agents, 3).
        clip_fraction: share of steps at which the loss was clipped, (n_agents,).
    """

    rank: int
    preference: float
    occupancy: np.ndarray
    branch_return: np.ndarray
    crosstalk: np.ndarray
    clip_fraction: np.ndarray

    @property
    def trapped(self) -> np.ndarray:
        """Whether S is taken more often than E at the end, bool (n_agents,)."""
        return self.occupancy[:, -1] < 0.5

    @property
    def gap(self) -> np.ndarray:
        """What E pays more than S, with its bonus, (n_agents,)."""
        return self.branch_return[:, 1] - self.branch_return[:, 0]

    @property
    def earned(self) -> np.ndarray:
        """Mean reward as branches are taken, (n_agents,)."""
        p = self.occupancy[:, -1]
        return (1 - p) * self.branch_return[:, 0] + p * self.branch_return[:, 1]

    @property
    def drift(self) -> np.ndarray:
        """Largest less smallest occupancy in the last quarter of training, (n_agents,)."""
        return np.ptp(self.occupancy[:, self.occupancy.shape[1] * 3 // 4 :], axis=1)


class Agents(NamedTuple):
    """What is measured.

    Attributes:
        step: updates at each time, (n_times,).
        narrow_low: agents of the least rank, from the lowest start.
        narrow_high: from the highest start.
        wide_low: agents of the highest rank, from the lowest start.
        wide_high: from the highest start.
        bonus: of E.
        noise: of what is shown.
        setting: sizes, in words.
    """

    step: np.ndarray
    narrow_low: Arm
    narrow_high: Arm
    wide_low: Arm
    wide_high: Arm
    bonus: float
    noise: float
    setting: str

    def errors(self, arm: Arm) -> np.ndarray:
        """Mean squared error of both features on S and on E, (n_agents, 2)."""
        return np.array([0.0, self.bonus]) - arm.branch_return

    @property
    def least_error(self) -> float:
        """The error of the best answers, x / (1 + σ²), with dimensions enough: 2σ² / (1 + σ²)."""
        return 2 * self.noise**2 / (1 + self.noise**2)

    @property
    def two_dimensions_error(self) -> float:
        """That of two dimensions on one branch, σ² / (1 + σ²) + 2σ² / (1 + 2σ²).

        One dimension has the feature that is always on, the other the sum of those that never are
        together. It can be reached, and may not be the least.
        """
        s = self.noise**2
        return s / (1 + s) + 2 * s / (1 + 2 * s)


def measure(datasets: Mapping[str, xarray.Dataset]) -> Agents:
    """Take the agents that finished, by their rank and start.

    Args:
        datasets: {"sweep": of `branching_agent` over rank, preference and seed, with what
            `forced_branches` measures}.
    """
    dataset = datasets["sweep"].sortby(["rank", "preference"])
    config = store.config_of(dataset)
    arms = [
        _arm(dataset.isel(rank=rank, preference=start)) for rank in (0, -1) for start in (0, -1)
    ]
    n_updates = int(dataset["step"][-1])
    setting = (
        f"{config['model.n_hidden']} units a layer, {n_updates:,} updates, batches of"
        f" {config['fit.batch_size']} episodes, learning rate {config['optim.learning_rate']:g},"
        f" {len(arms[0].occupancy)} agents each"
    )
    return Agents(
        dataset["step"].to_numpy(),
        *arms,
        bonus=float(config["data.environment.bonus"]),
        noise=float(config["data.environment.noise"]),
        setting=setting,
    )


def _arm(dataset: xarray.Dataset) -> Arm:
    agent = next(dim for dim in dataset["status"].dims)
    dataset = dataset.transpose(agent, "step", ...)
    dataset = dataset.isel({agent: store.finished(dataset).to_numpy()})
    last = dataset.isel(step=-1)
    return Arm(
        int(dataset["rank"]),
        float(dataset["preference"]),
        dataset["occupancy"].to_numpy().astype(float),
        last["branch_return"].to_numpy().astype(float),
        last["crosstalk"].to_numpy().astype(float),
        dataset["clip_fraction"].mean("step").to_numpy().astype(float),
    )
