"""A thousand agents: trained by superpos side by side, and one after the other in plain JAX."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import jax
import numpy as np

from superpos import data, models, optim, random
from superpos.engine import choices, launch, plan
from superpos.engine.width import choose
from superpos.environments import encodings, epochs
from superpos.store.grid import make_grid
from superpos.train import FitSpec, training
from superpos.types import Array, Scalar, Training

Run = Callable[[], np.ndarray]
"""Trains some agents; the mean return of each over the run, (n_agents,)."""


class Setting(NamedTuple):
    """What every agent is, and how long it is trained; the axes of the sweep.

    Attributes:
        allowed: N of each agent.
        growth: κ.
        bonus: of the entropy.
        n_seeds: agents of each of these.
        n_epochs: epochs of an episode.
        n_hidden: tanh units of each of the two networks.
        batch_size: episodes of a draw.
        updates_per_draw: of the clipped surrogate.
        n_draws: that are timed.
        learning_rate: of Adam.
        penalty: p.
    """

    allowed: Sequence[float] = (2.0, 4.0, 6.0, 8.0)
    growth: Sequence[float] = (0.0, 0.3, 0.6, 0.9)
    bonus: Sequence[float] = (0.0, 0.01, 0.03, 0.1)
    n_seeds: int = 16
    n_epochs: int = 12
    n_hidden: int = 32
    batch_size: int = 16
    updates_per_draw: int = 4
    n_draws: int = 20
    learning_rate: float = 0.01
    penalty: float = 2.0

    @property
    def n_agents(self) -> int:
        """Of the sweep."""
        return len(self.allowed) * len(self.growth) * len(self.bonus) * self.n_seeds

    @property
    def steps(self) -> int:
        """Steps that an agent plays in a run."""
        return self.n_draws * self.batch_size * self.n_epochs


def _training(
    of: Setting, allowed: Scalar, growth: Scalar, bonus: Scalar, n_draws: int | None = None
) -> Training:
    """One agent, in blocks of so many draws; None is all."""
    n_updates = of.n_draws * of.updates_per_draw
    environment = epochs(
        encoding=encodings.one_hot(n_indices=of.n_epochs),
        n_steps=of.n_epochs,
        n_allowed=allowed,
        growth=growth,
        penalty=of.penalty,
    )
    model = models.actor_critic(
        n_features=of.n_epochs + 2,
        n_steps=of.n_epochs,
        n_actions=3,
        n_hidden=of.n_hidden,
        surrogate=models.surrogates.clipped(),
        entropy_bonus=bonus,
    )
    return training(
        model=model,
        source=data.rollouts(environment=environment, model=model, n_features=of.n_epochs + 2),
        tx=optim.adam(learning_rate=of.learning_rate),
        probe=lambda *_: {},
        spec=FitSpec(
            n_steps=n_updates,
            batch_size=of.batch_size,
            log_every=(n_draws or of.n_draws) * of.updates_per_draw,
            updates_per_draw=of.updates_per_draw,
        ),
    )


def together(of: Setting) -> tuple[Run, int]:
    """The engine of `sweep`, without a store: all agents in one program.

    Returns:
        The training, and how many agents it trains.
    """

    def build(point: Mapping[str, Array]) -> Training:
        return _training(of, point["allowed"], point["growth"], point["bonus"])

    axes = {
        "allowed": of.allowed,
        "growth": of.growth,
        "bonus": of.bonus,
        "seed": range(of.n_seeds),
    }
    grid = make_grid(axes)
    key = random.key(0)
    program = choose(choices.search(build, grid, key), given=None, asked=None)
    _ = program.executables  # compiled for every device now, and not when it pays
    task = launch.Task(grid, np.arange(grid.n_members), key, program)
    missing = np.ones(grid.members.shape, bool)

    def run() -> np.ndarray:
        chunks = plan.plan(missing, program.width)
        rows = launch.train(task, chunks, lambda _: None)
        return np.concatenate([each.arrays["episode_return"].ravel() for each in rows])

    return run, grid.n_members


def one_by_one(of: Setting, n_agents: int = 4, n_draws: int | None = None) -> tuple[Run, int]:
    """Agent after agent, each by calls of one compiled program for so many draws.

    Args:
        of: what is trained.
        n_agents: how many.
        n_draws: of a call; None is all, so that there is one call for each agent.

    Returns:
        The training, and how many agents it trains.
    """

    def made(numbers: Array) -> Training:
        return _training(of, numbers[0], numbers[1], of.bonus[0], n_draws)

    chosen = [
        (jax.random.key(number), np.array([each, of.growth[-1]], np.float32))
        for number, each in enumerate(np.resize(np.array(of.allowed), n_agents))
    ]
    start = jax.jit(lambda key, numbers: made(numbers).init(key)).lower(*chosen[0]).compile()
    advance = jax.jit(lambda carry, numbers: made(numbers).advance(carry))
    compiled = advance.lower(start(*chosen[0]), chosen[0][1]).compile()

    def train(key: Array, numbers: np.ndarray) -> float:
        carry, returns = start(key, numbers), []
        for _ in range(of.n_draws // (n_draws or of.n_draws)):
            carry, measured = compiled(carry, numbers)
            returns.append(measured["episode_return"])
        return float(np.mean(jax.device_get(returns)))

    return lambda: np.array([train(*each) for each in chosen]), n_agents
