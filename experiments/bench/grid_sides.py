"""The 1,080 models of Liu et al.: trained by superpos, and by a PyTorch loop over models."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from superpos import data, models, optim, random
from superpos.data.magnitudes import uniform
from superpos.engine import choices, launch, plan
from superpos.engine.width import choose
from superpos.models import inits
from superpos.store.grid import make_grid
from superpos.train import FitSpec, training
from superpos.types import Array, Training

OURS, TORCH = "superpos", "torch"
N_TORCH = 2
"""Models of a shape that PyTorch trains, one after the other: they take the same time."""
Run = Callable[[], np.ndarray]
"""Makes the timed updates of some models; the last W."""


class Setting(NamedTuple):
    """The grid: its axes and what each model is.

    Attributes:
        n_features: n.
        widths: m of each shape.
        powers: α of the models of a shape.
        decays: γ of each of these.
        batch_size: examples of an update.
        n_steps: updates of a model.
        learning_rate: of them.
        n_timed: updates that are timed.
    """

    n_features: int
    widths: tuple[int, ...]
    powers: tuple[float, ...]
    decays: tuple[float, ...]
    batch_size: int
    n_steps: int
    learning_rate: float
    n_timed: int = 20

    @property
    def n_models(self) -> int:
        """Of a shape."""
        return len(self.powers) * len(self.decays)

    @property
    def n_all(self) -> int:
        """Of all shapes."""
        return self.n_models * len(self.widths)


def ours(of: Setting, m: int) -> tuple[Run, int]:
    """The engine of `sweep` on one chunk for each device, of the width that it chooses.

    Returns:
        The training, and how many models it trains.
    """

    def build(point: Mapping[str, Array]) -> Training:
        source = data.sparse_uniform(
            n_features=of.n_features,
            density=1.0,
            density_power=point["density_power"],
            n_active=1.0,
            magnitude=uniform(low=0.0, high=2.0),
        )
        model = models.autoencoder(
            n_features=of.n_features, n_hidden=m, init=inits.normal_bias(init=inits.unit())
        )
        tx = optim.signed_adamw(learning_rate=of.learning_rate, weight_decay=point["weight_decay"])
        spec = FitSpec(n_steps=of.n_timed, batch_size=of.batch_size, log_every=of.n_timed)
        return training(model=model, source=source, tx=tx, probe=lambda *_: {}, spec=spec)

    grid = make_grid({"density_power": of.powers, "weight_decay": of.decays})
    key = random.key(0)
    program = choose(choices.search(build, grid, key), given=None, asked=None)
    n_chunks = len(program.executables)
    n_models = min(grid.n_members, n_chunks * program.width.n_members)
    missing = np.arange(grid.n_members)[:, None] < n_models
    task = launch.Task(grid, np.arange(grid.n_members), key, program)

    def run() -> np.ndarray:
        chunks = plan.plan(missing, program.width)
        return np.concatenate([rows.arrays["W"] for rows in launch.train(task, chunks, _ignore)])

    return run, n_models


def _ignore(n_steps: int) -> None:
    del n_steps


def torch_loop(of: Setting, m: int) -> tuple[Run, int]:
    """One model after the other, as one would write it for one model.

    Returns:
        The training, and how many models it trains.
    """
    import torch  # pyright: ignore[reportMissingImports]

    n = of.n_features
    falling = torch.arange(1, n + 1, dtype=torch.float32)

    def train(power: float, decay: float) -> Any:
        p = falling**-power
        p = p / p.sum()
        W = torch.nn.Parameter(torch.randn(n, m) / np.sqrt(m))
        b = torch.nn.Parameter(torch.randn(n))
        optimizer = torch.optim.Adam([W, b], lr=of.learning_rate)
        for _ in range(of.n_timed):
            on = torch.rand(of.batch_size, n) < p
            x = torch.where(on, 2 * torch.rand(of.batch_size, n), 0.0)
            loss = (torch.relu(x @ W @ W.T + b) - x).square().sum(-1).mean()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            with torch.no_grad():
                to = 1 if decay >= 0 else 1 / W.norm(dim=1, keepdim=True) - 1
                W.sub_(of.learning_rate * decay * to * W)
            optimizer.step()
        return W.detach().numpy()

    chosen = [(of.powers[at], of.decays[at]) for at in (0, -1)][:N_TORCH]
    return lambda: np.concatenate([train(*each) for each in chosen]), len(chosen)


SIDES: Mapping[str, Callable[[Setting, int], tuple[Run, int]]] = {OURS: ours, TORCH: torch_loop}
"""Name -> (setting, m) -> what trains, and how many models it trains."""
