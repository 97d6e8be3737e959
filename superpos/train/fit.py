"""One run on its own."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import optax

from superpos.train.training import training
from superpos.types import Array, FitSpec, Key, Model, Probe, Run, Source


def fit(
    key: Key,
    *,
    model: Model,
    source: Source,
    tx: optax.GradientTransformation,
    probe: Probe,
    spec: FitSpec,
    on_block: Callable[[int, dict[str, Array]], None] | None = None,
) -> Run:
    """Train one model: initialise, then a host loop over compiled blocks.

    Args:
        key: a typed key; the run is a function of it. A member of a sweep with root key k and seed
            s is this run with fold_in(k, s).
        model: what is trained.
        source: where its batches come from.
        tx: an optax transformation.
        probe: what is measured after each block.
        spec: length of the run.
        on_block: called after each block with the updates done and the block's metrics.

    Returns:
        The final parameters and state, and the metrics stacked over blocks, (n_blocks, ...); an
        empty dict of metrics when there are no blocks.

    Raises:
        TypeError: the key is not a typed key (jax.random.key).
    """
    check_key(key)
    run = training(model=model, source=source, tx=tx, probe=probe, spec=spec)
    carry = jax.jit(run.init)(key)
    advance = jax.jit(run.advance)
    blocks: list[dict[str, Array]] = []
    for block in range(spec.n_blocks):
        carry, measured = advance(carry)
        blocks.append(measured)
        if on_block is not None:
            on_block((block + 1) * spec.log_every, measured)
    metrics = jax.tree.map(lambda *values: jnp.stack(values), *blocks) if blocks else {}
    return Run(
        params=carry.params,
        state=carry.state,
        metrics=metrics,
        diverged_step=carry.diverged_step,
    )


def check_key(key: Key) -> None:
    """Refuse anything but a single typed key of a generator that vmap leaves alone."""
    typed = isinstance(key, jax.Array) and jnp.issubdtype(key.dtype, jax.dtypes.prng_key)
    if not typed or key.shape:
        raise TypeError("key: expected one typed key, jax.random.key(seed)")
    if "rbg" in str(jax.random.key_impl(key)):
        raise TypeError("key: expected threefry, as numbers of rbg depend on a member's place")
