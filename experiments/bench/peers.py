"""The contestants: each prepares a case and returns a function that trains it once, to the end."""

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
import numpy as np
import optax

from experiments.bench.cases import (
    BATCH_SIZE,
    IMPORTANCE_DECAY,
    LEARNING_RATE,
    WEIGHT_DECAY,
    Case,
)
from superpos import data, models, optim, random
from superpos.train import FitSpec, training
from superpos.train.plan import Width
from superpos.train.program import compile_chunk
from superpos.types import Array, Key, Training

Run = Callable[[], None]


def torch_loop(case: Case) -> Run:
    """PyTorch as the public notebooks do it: a loop over steps, eager, over a batch of instances.

    Reference:
        Elhage et al. 2022, the published notebook: instances along a leading axis, einsum, AdamW.
    """
    import torch  # pyright: ignore[reportMissingImports]

    n, m, k = case.n_features, case.n_hidden, case.n_models
    density = torch.tensor(case.densities)[None, :, None]
    importance = torch.tensor([IMPORTANCE_DECAY**i for i in range(n)])
    W = torch.nn.Parameter(torch.empty(k, n, m))
    torch.nn.init.xavier_normal_(W)
    b = torch.nn.Parameter(torch.zeros(k, n))
    optimizer = torch.optim.AdamW([W, b], lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)

    def run() -> None:
        for _ in range(case.n_steps):
            optimizer.zero_grad(set_to_none=True)
            values = torch.rand(BATCH_SIZE, k, n)
            x = torch.where(torch.rand(BATCH_SIZE, k, n) <= density, values, torch.zeros(()))
            hidden = torch.einsum("...kf,kfh->...kh", x, W)
            out = torch.relu(torch.einsum("...kh,kfh->...kf", hidden, W) + b)
            loss = (importance * (x - out) ** 2).sum(-1).mean(0).sum()
            loss.backward()
            optimizer.step()

    return run


def jax_vmap(case: Case) -> Run:
    """JAX as one would first write it: vmap of a scan, two draws per feature, batch leading."""
    n, m = case.n_features, case.n_hidden
    tx = optax.adamw(LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    importance = IMPORTANCE_DECAY ** np.arange(n)

    def loss(params: tuple[Array, Array], x: Array) -> Array:
        W, b = params
        recon = jax.nn.relu(x @ W @ W.T + b)
        return (importance * (x - recon) ** 2).sum(-1).mean()

    def train(key: Key, density: Array) -> tuple[Array, Array]:
        key_init, key_data = jax.random.split(key)
        W = jax.random.normal(key_init, (n, m)) * np.sqrt(2 / (n + m))
        params = (W, jnp.zeros(n))

        def step(carry: tuple, key: Key) -> tuple[tuple, None]:
            params, state = carry
            key_on, key_value = jax.random.split(key)
            values = jax.random.uniform(key_value, (BATCH_SIZE, n))
            x = jnp.where(jax.random.uniform(key_on, (BATCH_SIZE, n)) < density, values, 0.0)
            updates, state = tx.update(jax.grad(loss)(params, x), state, params)
            return (optax.apply_updates(params, updates), state), None

        keys = jax.random.split(key_data, case.n_steps)
        return jax.lax.scan(step, (params, tx.init(params)), keys)[0][0]

    keys = jax.random.split(jax.random.key(0), case.n_models)
    density = jnp.asarray(case.densities)
    compiled = jax.jit(jax.vmap(train)).lower(keys, density).compile()
    return lambda: jax.block_until_ready(compiled(keys, density)) and None


def superpos_points(case: Case) -> Run:
    """One seed for all: the models share their random numbers, as points of a grid do."""
    return _superpos(case, case.densities, seeds=[0])


def superpos_seeds(case: Case) -> Run:
    """A seed for each model: every model has random numbers of its own."""
    return _superpos(case, [0.1], seeds=list(range(case.n_models)))


def _superpos(case: Case, densities: list[float], seeds: list[int]) -> Run:
    spec = FitSpec(n_steps=case.n_steps, batch_size=BATCH_SIZE, log_every=case.n_steps)

    def build(point: Mapping[str, Array]) -> Training:
        source = data.sparse_uniform(n_features=case.n_features, density=point["density"])
        model = models.autoencoder(
            n_features=case.n_features,
            n_hidden=case.n_hidden,
            importance_decay=IMPORTANCE_DECAY,
        )
        tx = optim.adamw(learning_rate=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
        return training(model=model, source=source, tx=tx, probe=lambda *_: {}, spec=spec)

    root = random.key(0)
    points = {"density": np.asarray(densities, np.float32)}
    program = compile_chunk(build, points, Width(len(seeds), len(densities)), root.dtype)
    keys = jax.vmap(jax.random.fold_in, (None, 0))(root, jnp.asarray(seeds))

    def run() -> None:
        carry, measured = program.advance(points, program.init(points, keys))
        jax.block_until_ready((carry.params, measured))

    return run


PEERS: dict[str, Callable[[Case], Run]] = {
    "superpos, one seed": superpos_points,
    "superpos, a seed each": superpos_seeds,
    "jax vmap of scan": jax_vmap,
    "torch eager": torch_loop,
}
