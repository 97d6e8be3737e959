"""Tiny models and small helpers for the tests of training."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import optax
import pytest
import xarray

from superpos import data, models, optim
from superpos.data import stateless
from superpos.store.folder import read_sweep
from superpos.store.multirun import Members
from superpos.train import FitSpec, Progress, sweep, training
from superpos.types import Batch, Model, Output, Training


@pytest.fixture(scope="session")
def parts() -> Callable[..., dict[str, Any]]:
    """The arguments of `training` and `fit` for an autoencoder of 3 features at a point."""

    def parts(
        point: Mapping[str, Any],
        *,
        tx: Callable[[Any], Any] | None = None,
        n_steps: int = 20,
        log_every: int = 10,
        batch_size: int = 16,
    ) -> dict[str, Any]:
        point = {name.rsplit(".", 1)[-1]: value for name, value in point.items()}
        rate = point.get("learning_rate", 1e-3)
        decay = point.get("weight_decay", 0.0)
        return {
            "model": models.autoencoder(
                n_features=3,
                n_hidden=2,
                importance_decay=point.get("importance_decay", 0.9),
                init=models.inits.glorot(init_scale=point.get("init_scale", 1.0)),
            ),
            "source": data.sparse_uniform(n_features=3, density=point.get("density", 0.5)),
            "tx": tx(rate) if tx else optim.adamw(learning_rate=rate, weight_decay=decay),
            "probe": lambda params, state, key: {"norms": jnp.sum(params.W**2, axis=-1)},
            "spec": FitSpec(n_steps=n_steps, batch_size=batch_size, log_every=log_every),
        }

    return parts


@pytest.fixture(scope="session")
def make_build(parts: Callable[..., dict[str, Any]]) -> Callable[..., Any]:
    """A `build` of autoencoders that counts its calls."""

    def make(**options: Any) -> Callable[[Mapping[str, Any]], Training]:
        def build(point: Mapping[str, Any]) -> Training:
            build.calls += 1  # type: ignore[attr-defined]
            return training(**parts(point, **options))

        build.calls = 0  # type: ignore[attr-defined]
        return build

    return make


@pytest.fixture(scope="session")
def make_toy() -> Callable[..., Any]:
    """A `build` that compiles in a tenth of a second: W (2,) is pulled to `target` times a key.

    The state counts the updates, with the dtype of `state`, unless that is (). The loss of a batch
    whose first number is below `nan_below` is nan, and the update that it gives is finite.
    """

    def make(
        *,
        n_steps: int = 4,
        log_every: int = 2,
        state: Any = (),
        name: str = "W",
        metric: str = "size",
        nan_below: float = 0.0,
    ) -> Callable[[Mapping[str, Any]], Training]:
        def draw(key: jax.Array) -> jax.Array:
            return jnp.float32(jax.random.key_data(key) >> 8) * jnp.float32(2**-24)

        def sample(key: jax.Array, batch_size: int) -> Batch:
            x = jnp.broadcast_to(draw(key), (batch_size, 2))
            return Batch(inputs=x, targets=x, factors=x)

        def build(point: Mapping[str, Any]) -> Training:
            build.calls += 1  # type: ignore[attr-defined]
            target = point.get("target", 1.0)

            def apply(params: Any, state: Any, x: jax.Array) -> Output:
                return Output(code=params[name], recon=params[name] - target * x)

            def loss(params: Any, state: Any, batch: Batch, key: Any) -> Any:
                x = batch.inputs[0]
                error = jnp.sum(apply(params, state, x).recon ** 2)
                if nan_below:
                    error += jnp.where(x[0] < nan_below, jnp.nan, 0.0)
                return error, (jax.tree.map(lambda count: count + count.dtype.type(1), state), {})

            return training(
                model=Model(lambda key: ({name: draw(key)}, state), apply, loss),
                source=stateless(sample),
                tx=optax.scale(-point.get("learning_rate", 0.1)),
                probe=lambda params, state, key: {metric: jnp.sum(params[name] ** 2)},
                spec=FitSpec(n_steps=n_steps, batch_size=1, log_every=log_every),
            )

        build.calls = 0  # type: ignore[attr-defined]
        return build

    return make


@pytest.fixture(scope="session")
def stop_at() -> Callable[[int], Callable[[Progress], None]]:
    """An `on_progress` that is Ctrl-C as soon as that many model-steps are done."""

    def make(steps: int) -> Callable[[Progress], None]:
        def on_progress(report: Progress) -> None:
            if report.steps_done >= steps:
                raise KeyboardInterrupt

        return on_progress

    return make


@pytest.fixture(scope="session")
def train_group() -> Callable[..., list[dict[str, Any]]]:
    """Train one group of a multirun of autoencoders; its members, as plain rows."""

    def train_group(
        folder: Path,
        n_hidden: int = 2,
        *,
        densities: Sequence[float] = (0.5, 0.1),
        seeds: Sequence[int] = (0, 1, 2),
        n_steps: int = 4,
        log_every: int = 2,
        build: Any = None,
        **options: Any,
    ) -> list[dict[str, Any]]:
        def autoencoder(point: Mapping[str, Any]) -> Training:
            source = data.sparse_uniform(n_features=4, density=point["data.density"])
            return training(
                model=models.autoencoder(n_features=4, n_hidden=n_hidden),
                source=source,
                tx=optim.sgd(learning_rate=0.1),
                probe=lambda params, state, key: {"norms": jnp.sum(params.W**2, axis=-1)},
                spec=FitSpec(n_steps=n_steps, batch_size=8, log_every=log_every),
            )

        name = f"hidden_{n_hidden}"
        sweep(
            build or autoencoder,
            key=jax.random.key(0),
            axes={"data.density": densities, "seed": seeds},
            store=folder / "groups" / name,
            spec={"model.n_hidden": n_hidden},
            **{"dims": {"W": ["feature", "hidden"], "b": ["feature"]}, "chunk": 2, **options},
        )
        found = read_sweep(folder / "groups" / name)
        assert found is not None
        header, grid, _ = found
        ids = [member_id.decode() for member_id in grid.member_ids(header["spec"])]
        return [
            {"density": density, "n_hidden": n_hidden, "seed": seed, "id": member, "group": name}
            for (density, seed), member in zip(
                itertools.product(densities, seeds), ids, strict=True
            )
        ]

    return train_group


@pytest.fixture(scope="session")
def members_of() -> Callable[[Sequence[Mapping[str, Any]]], Members]:
    """The members of a multirun over density, n_hidden and seed, of rows of `train_group`."""

    def members_of(rows: Sequence[Mapping[str, Any]]) -> Members:
        keys = ("data.density", "model.n_hidden", "seed")
        values = {key: [row[key.rsplit(".", 1)[-1]] for row in rows] for key in keys}
        return Members(keys, values, [row["id"] for row in rows], [row["group"] for row in rows])

    return members_of


@pytest.fixture(scope="session")
def bits() -> Callable[[xarray.Dataset], dict[str, Any]]:
    """All of a Dataset, so that == compares it bit for bit."""

    def bits(dataset: xarray.Dataset) -> dict[str, Any]:
        return {
            "attrs": dataset.attrs,
            **{
                str(name): (array.dims, str(array.dtype), array.attrs, array.values.tobytes())
                for name, array in dataset.variables.items()
            },
        }

    return bits


@pytest.fixture(scope="session")
def snapshot() -> Callable[[Path], dict[str, tuple[int, bytes]]]:
    """When each chunk file of a store was written, and its content."""

    def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
        return {
            path.name: (path.stat().st_mtime_ns, path.read_bytes())
            for path in (folder / "chunks").glob("*.chunk")
        }

    return snapshot


@pytest.fixture(scope="session")
def one_line() -> Callable[[Any, str], bool]:
    """Whether a refusal is one line that holds each of some words."""

    def one_line(refusal: Any, *words: str) -> bool:
        text = str(refusal.value)
        return "\n" not in text and all(word in text for word in words)

    return one_line
