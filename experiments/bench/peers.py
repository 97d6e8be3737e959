"""What people use instead: a PyTorch loop over a batch of instances, and a plain vmap of a scan."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from experiments.bench.cases import IMPORTANCE_DECAY, LEARNING_RATE, WEIGHT_DECAY, Case
from experiments.bench.ours import Run, Trained
from superpos.types import Array, Key


def jax_vmap(case: Case, n_steps: int) -> Run:
    """JAX as one would first write it: vmap of a scan, two draws per feature, batch leading.

    It runs on one device; on a CPU, XLA may use a thread for each core.
    """
    keys = jax.random.split(jax.random.key(0), case.n_models)
    given = jax.device_put((keys, jnp.asarray(case.densities)), jax.devices()[0])
    compiled = jax.jit(plain(case, n_steps)).lower(*given).compile()
    return lambda: jax.device_get(compiled(*given))


def plain(case: Case, n_steps: int) -> Callable[[Array, Array], tuple[Array, Array]]:
    """The training of all models: (their keys, their densities) -> (W, b)."""
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
            values = jax.random.uniform(key_value, (case.batch_size, n))
            x = jnp.where(jax.random.uniform(key_on, (case.batch_size, n)) < density, values, 0.0)
            updates, state = tx.update(jax.grad(loss)(params, x), state, params)
            return (optax.apply_updates(params, updates), state), None

        keys = jax.random.split(key_data, n_steps)
        return jax.lax.scan(step, (params, tx.init(params)), keys)[0][0]

    return jax.vmap(train)


def torch_eager(case: Case, n_steps: int) -> Run:
    """PyTorch as the public notebooks do it: a loop over steps, eager, on a GPU where there is one.

    Reference:
        Elhage et al. 2022, the published notebook: instances along a leading axis, einsum, AdamW.
    """
    return _torch_loop(case, n_steps, lambda step: step)


def torch_compiled(case: Case, n_steps: int) -> Run:
    """The same loop with its step compiled and replayed as CUDA graphs. Needs a GPU."""
    import torch  # pyright: ignore[reportMissingImports]

    torch._dynamo.reset()  # or the ninth that a process compiles runs as it is, in silence
    run = _torch_loop(case, n_steps, lambda step: torch.compile(step, mode="reduce-overhead"))
    run()  # compiles
    return run


def _torch_loop(case: Case, n_steps: int, wrap: Callable[[Any], Any]) -> Run:
    import torch  # pyright: ignore[reportMissingImports]

    n, m, k = case.n_features, case.n_hidden, case.n_models
    has_gpu = torch.cuda.is_available()
    where: Any = {"device": "cuda" if has_gpu else "cpu"}
    density = torch.tensor(case.densities, **where)[None, :, None]
    importance = torch.tensor([IMPORTANCE_DECAY**i for i in range(n)], **where)
    zero = torch.zeros((), **where)
    W = torch.nn.Parameter(torch.empty(k, n, m, **where))
    b = torch.nn.Parameter(torch.empty(k, n, **where))
    optimizer = torch.optim.AdamW(
        [W, b], lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY, capturable=has_gpu
    )

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        values = torch.rand(case.batch_size, k, n, **where)
        x = torch.where(torch.rand(case.batch_size, k, n, **where) <= density, values, zero)
        hidden = torch.einsum("...kf,kfh->...kh", x, W)
        out = torch.relu(torch.einsum("...kh,kfh->...kf", hidden, W) + b)
        loss = (importance * (x - out) ** 2).sum(-1).mean(0).sum()
        loss.backward()
        optimizer.step()

    wrapped = wrap(step)

    def run() -> Trained:
        with torch.no_grad():
            W.normal_(std=float(np.sqrt(2 / (n + m))))
            b.zero_()
            for state in optimizer.state.values():
                for moment in state.values():
                    moment.zero_()
        for _ in range(n_steps):
            wrapped()
        return W.detach().cpu().numpy().copy(), b.detach().cpu().numpy().copy()

    return run
