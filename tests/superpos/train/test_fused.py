"""One kernel against the program of XLA, interpreted on a CPU, and its refusals."""

import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import xarray

from superpos import data, models, optim, random
from superpos.arguments import ArgumentError
from superpos.train import FitSpec, sweep, training
from superpos.train.schedule import schedule_of
from superpos.types import Batch, Evaluation, Model, Output, Source, Training

SIZES = [(5, 2), (2, 1)]
OPTIMISERS: dict[str, Callable[[Any], optax.GradientTransformation]] = {
    "adam": lambda rate: optim.adam(
        learning_rate=rate, schedule=optim.schedules.cosine(n_steps=200, warmup_steps=10)
    ),
    "adamw": lambda rate: optim.adamw(learning_rate=rate, weight_decay=0.1),
    "sgd": lambda rate: optim.sgd(learning_rate=rate, momentum=0.9),
}
AXES = {"density": [0.1, 0.6], "learning_rate": [0.02], "decay": [0.8], "seed": [0, 5]}


def make(kernel: Any, point: Mapping[str, Any], **changes: Any) -> Training:
    """An autoencoder at a point of a sweep."""
    n, m = changes.pop("size", (2, 1))
    tx = changes.pop("tx", OPTIMISERS["sgd"])
    spec = {"n_steps": 200, "batch_size": 64, "log_every": 100} | changes.pop("spec", {})
    parts = {
        "model": models.autoencoder(
            n_features=n, n_hidden=m, importance_decay=point.get("decay", 0.9)
        ),
        "source": data.sparse_uniform(n_features=n, density=point.get("density", 0.5)),
        "tx": tx(point.get("learning_rate", 0.1)),
        "probe": lambda params, state, key: {"draw": jax.random.uniform(key)},
        "spec": FitSpec(**spec),
    }
    return training(**({"interpret": True} | parts | changes), kernel=kernel)


@functools.cache
def swept(kernel: Any, size: tuple[int, int], optimiser: str) -> xarray.Dataset:
    return sweep(
        lambda point: make(kernel, point, size=size, tx=OPTIMISERS[optimiser]),
        key=random.key(3),
        axes=AXES,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "optimiser"), [((2, 1), "adam"), ((2, 1), "adamw"), ((5, 2), "sgd")], ids=str
)
def test_a_sweep_is_that_of_the_ordinary_engine(size: tuple[int, int], optimiser: str) -> None:
    fused, ordinary = (swept(kernel, size, optimiser) for kernel in ("pallas", "xla"))
    start = training(
        model=models.autoencoder(n_features=size[0], n_hidden=size[1]),
        source=data.sparse_uniform(n_features=size[0], density=0.5),
        tx=optax.identity(),
        probe=lambda params, state, key: {},
        spec=FitSpec(n_steps=0, batch_size=1, log_every=1),
    ).init(jax.random.fold_in(random.key(3), 0))
    first = ordinary["W"].isel(density=0, learning_rate=0, decay=0).sel(seed=0).values
    assert np.abs(first - start.params.W).max() > 0.05  # there was something to learn
    for name in ("W", "b", "train_loss"):
        np.testing.assert_allclose(fused[name], ordinary[name], rtol=0, atol=1e-4)
    np.testing.assert_array_equal(fused["draw"], ordinary["draw"])
    assert (fused["status"].values == "ok").all()


@pytest.mark.slow
def test_runs_that_diverge_freeze_at_the_same_update() -> None:
    axes = {"learning_rate": [0.1, 3.0, 30.0, 1e30], "seed": [0, 1]}
    fused, ordinary = (
        sweep(
            lambda point, kernel=kernel: make(
                kernel, point, spec={"n_steps": 40, "log_every": 20, "batch_size": 8}
            ),
            key=random.key(1),
            axes=axes,
        )
        for kernel in ("pallas", "xla")
    )
    assert {-1} < {*np.ravel(ordinary["diverged_step"])} and (ordinary["status"][0] == "ok").all()
    assert len({*np.ravel(ordinary["diverged_step"])}) >= 3
    np.testing.assert_array_equal(fused["diverged_step"], ordinary["diverged_step"])
    assert np.isfinite(fused["W"]).all()
    np.testing.assert_allclose(fused["W"], ordinary["W"], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(fused["train_loss"], ordinary["train_loss"], rtol=1e-3)


def line(**fields: Any) -> Model:
    """y = c + w . x with parameters of several shapes, to be made 1; its `columns` with theirs."""

    def loss(params: Any, state: Any, batch: Batch, key: Any) -> Any:
        error = params["c"] + batch.inputs @ params["w"][0] - 1.0
        return jnp.square(error).mean(), (state, {})

    def columns(params: Any, inputs: Any, targets: Any) -> jax.Array:
        [row] = params["w"]
        total = sum(w * x for w, x in zip(row, inputs, strict=True))
        return jnp.square(params["c"] + total - 1.0).mean()

    def init(key: Any) -> Any:
        return {"w": jax.random.normal(key, (1, 2)), "c": jnp.float32(0.5)}, ()

    model = Model(init, lambda params, state, x: Output(code=x, recon=x), loss, columns)
    return model._replace(**fields)


def go(run: Training, key: jax.Array | None = None) -> Any:
    """The last carry, and the metrics of each block."""
    return jax.jit(
        lambda key: jax.lax.scan(
            lambda carry, _: run.advance(carry), run.init(key), length=schedule_of(run).n_blocks
        )
    )(random.key(2) if key is None else key)


@pytest.mark.slow
def test_any_model_and_source_with_columns_will_do() -> None:
    """Outside of a sweep, with a count in every carry and parameters of no and two dimensions."""
    short = {"n_steps": 30, "log_every": 10}
    tx = OPTIMISERS["adam"]
    (fused, _), (ordinary, _) = (
        go(make(kernel, {}, model=line(), tx=tx, spec=short)) for kernel in ("pallas", "xla")
    )
    fused, ordinary = (dataclasses.replace(carry, key=()) for carry in (fused, ordinary))
    assert jax.tree.structure(fused) == jax.tree.structure(ordinary)
    for one, other in zip(jax.tree.leaves(fused), jax.tree.leaves(ordinary), strict=True):
        assert (one.shape, one.dtype) == (other.shape, other.dtype)
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
    assert fused.step == 30


@pytest.mark.slow
def test_an_evaluation_with_steps_of_its_own_shortens_the_block_of_the_kernel_too() -> None:
    key, axes = random.key(2), {"learning_rate": [0.1, 0.2]}

    def trained(kernel: str) -> xarray.Dataset:
        def build(point: Mapping[str, Any]) -> Training:
            scale = Evaluation(lambda params, state, key: {"scale": jnp.abs(params.W).max()})
            spec = {"n_steps": 60, "log_every": 30}
            evaluations = {"scale": scale._replace(every=20)}
            return make(kernel, point, spec=spec, probe=None, evaluations=evaluations)

        return sweep(build, key=key, axes=axes)

    fused, ordinary = trained("pallas"), trained("xla")
    np.testing.assert_array_equal(fused["step_scale"], [20, 40, 60])
    for name in ("scale", "W", "train_loss"):
        np.testing.assert_allclose(fused[name], ordinary[name], rtol=1e-3, atol=1e-5)
    assert fused["train_loss"].shape == (2, 2)


def closing_over_an_array() -> Source:
    source = data.sparse_uniform(n_features=2, density=0.5)
    scale = jnp.array([0.25, 4.0])

    def columns(words: Any, batch_size: int) -> Any:
        assert source.sample_columns is not None
        inputs, _ = source.sample_columns(words, batch_size)
        return [scale[i] * x for i, x in enumerate(inputs)], inputs

    return source._replace(sample_columns=columns)


SCALARS = "each parameter alone"
REFUSED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "model": ({"model": line(loss_columns=None)}, ["model gives none"]),
    "source": (
        {"source": data.sparse_uniform(n_features=2, density=0.5)._replace(sample_columns=None)},
        ["data gives none"],
    ),
    "batch": ({"spec": {"batch_size": 100}}, ["fit.batch_size", "power of two", "100"]),
    "draws": ({"spec": {"updates_per_draw": 2}}, ["fit.updates_per_draw=1, not 2"]),
    "shared": (
        {"source": data.shared(data=data.sparse_uniform(n_features=2, density=0.5))},
        ["data gives none"],
    ),
    "state": (
        {"model": line(init=lambda key: (line().init(key)[0], jnp.int32(0)))},
        ["without state"],
    ),
    "array": ({"source": closing_over_an_array()}, ["scalars", "(2,)"]),
    "norm": (
        {"tx": lambda rate: optax.chain(optax.clip_by_global_norm(1e9), optax.sgd(rate))},
        [SCALARS],
    ),
    "trust": ({"tx": optax.lamb}, [SCALARS]),
    "factored": ({"tx": optax.adafactor}, [SCALARS]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_out_of_scope_is_refused_in_one_line(name: str, one_line: Callable[..., bool]) -> None:
    changes, words = REFUSED[name]
    with pytest.raises(ArgumentError) as refusal:
        go(make("pallas", {}, **changes))
    assert one_line(refusal, "engine.kernel=pallas: expected", *words)


def test_another_generator_is_refused(one_line: Callable[..., bool]) -> None:
    with pytest.raises(ArgumentError) as refusal:
        go(make("pallas", {}), random.key(0, rng="threefry"))
    assert one_line(refusal, "engine.kernel=pallas: expected engine.rng=threefry13", "threefry2x32")


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(ArgumentError, match="^kernel='palas': expected one of xla, pallas"):
        make("palas", {})


def test_a_kernel_is_refused_where_there_is_no_gpu(one_line: Any) -> None:
    if jax.default_backend() == "gpu":
        pytest.skip("a GPU")
    with pytest.raises(ArgumentError) as refusal:
        go(make("pallas", {}, interpret=None))
    assert one_line(refusal, "engine.kernel=pallas: expected xla, as there is no GPU")


def blocks_of_a_grid(size: tuple[int, int], optimiser: str, batch_size: int, **options: Any) -> Any:
    """A jitted block of three runs, and shapes of its arguments."""

    def run(point: Mapping[str, Any]) -> Training:
        n, m = size
        return training(
            model=models.autoencoder(n_features=n, n_hidden=m, importance_decay=point["decay"]),
            source=data.sparse_uniform(n_features=n, density=point["density"]),
            tx=OPTIMISERS[optimiser](point["learning_rate"]),
            probe=lambda params, state, key: {},
            spec=FitSpec(n_steps=200, batch_size=batch_size, log_every=100),
            kernel="pallas",
            **options,
        )

    points = {
        name: jnp.float32([first, 0.5, 0.3]) for name, (first, *_) in AXES.items() if name != "seed"
    }
    carries = jax.vmap(lambda point: run(point).init(random.key(0)))(points)
    return jax.jit(jax.vmap(lambda point, carry: run(point).advance(carry))), points, carries


def lowered_for_cuda(step: Any, *arguments: Any) -> str:
    try:
        return step.trace(*arguments).lower(lowering_platforms=("cuda",)).as_text()
    except RuntimeError as error:
        if "No supported GPU devices found" not in str(error):
            raise
        pytest.skip("this JAX lowers to Triton only where there is a GPU, as from 0.12 on")


@pytest.mark.slow
@pytest.mark.parametrize("optimiser", OPTIMISERS)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_kernel_lowers_to_triton(size: tuple[int, int], optimiser: str) -> None:
    """As far as it can be checked without a GPU: Triton has no vectors but of a power of two."""
    pytest.importorskip("jaxlib.triton", reason="this jaxlib has no Triton dialect")
    step, points, carries = blocks_of_a_grid(size, optimiser, 1024, interpret=False)
    text = lowered_for_cuda(step, points, carries)
    assert text.count("__gpu$xla.gpu.triton") == 1
    assert "grid_x = 3 " in text


@pytest.mark.slow
@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_a_kernel_of_numbers_that_are_not_swept_lowers_too(optimiser: str) -> None:
    """Triton's rules in JAX lack some operations on constants, such as a power."""
    pytest.importorskip("jaxlib.triton", reason="this jaxlib has no Triton dialect")
    run = make("pallas", {}, size=(5, 2), tx=OPTIMISERS[optimiser], interpret=False)
    start = jax.vmap(lambda seed: run.init(jax.random.fold_in(random.key(0), seed)))(jnp.arange(3))
    text = lowered_for_cuda(jax.jit(jax.vmap(run.advance)), start)
    assert text.count("__gpu$xla.gpu.triton") == 1


@pytest.mark.gpu
def test_the_compiled_kernel_is_the_interpreted_one() -> None:
    if jax.default_backend() != "gpu":
        pytest.skip("no GPU")
    (compiled, *_), (interpreted, points, carries) = (
        blocks_of_a_grid((5, 2), "adam", 1024, interpret=interpret) for interpret in (False, True)
    )
    ours, reference = (step(points, carries)[0] for step in (compiled, interpreted))
    for one, other in zip(
        jax.tree.leaves(ours.params), jax.tree.leaves(reference.params), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-4)
