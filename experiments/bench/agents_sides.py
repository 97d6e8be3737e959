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


def _training(of: Setting, allowed: Scalar, growth: Scalar, bonus: Scalar) -> Training:
    """One agent."""
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
            log_every=n_updates,
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
    task = launch.Task(grid, np.arange(grid.n_members), key, program)
    missing = np.ones(grid.members.shape, bool)

    def run() -> np.ndarray:
        chunks = plan.plan(missing, program.width)
        rows = launch.train(task, chunks, lambda _: None)
        return np.concatenate([each.arrays["episode_return"].ravel() for each in rows])

    return run, grid.n_members


def one_by_one(of: Setting, n_agents: int = 4) -> tuple[Run, int]:
    """The whole run of one agent as one compiled program, called for agent after agent.

    Returns:
        The training, and how many agents it trains.
    """

    def train(key: Array, allowed: Array, growth: Array) -> Array:
        made = _training(of, allowed, growth, of.bonus[0])
        return made.advance(made.init(key))[1]["episode_return"]

    chosen = [
        (jax.random.key(number), np.float32(each), np.float32(of.growth[-1]))
        for number, each in enumerate(np.resize(np.array(of.allowed), n_agents))
    ]
    compiled = jax.jit(train).lower(*chosen[0]).compile()
    return lambda: np.array([compiled(*each) for each in chosen]), n_agents
