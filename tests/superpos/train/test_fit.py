"""One run against an independent trainer in NumPy, and the edges of `fit` and `FitSpec`."""

import functools
import importlib
import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.data import draw, examples, sparse_uniform
from superpos.evaluations import loss, superposition
from superpos.models import autoencoder
from superpos.optim import adamw
from superpos.train import FitSpec, fit
from superpos.train.schedule import Schedule
from superpos.types import Run
from tests.superpos.toys import led, position, pulled, w_after

N, M, BATCH, N_STEPS = 5, 2, 64, 200
DECAY, RATE, WEIGHT_DECAY = 0.9, 1e-3, 0.01
MODEL = autoencoder(n_features=N, n_hidden=M, importance_decay=DECAY)
SOURCE = sparse_uniform(n_features=N, density=0.3)


def train(seed: int = 0, n_steps: int = N_STEPS, log_every: int = 50, **changes: Any) -> Run:
    parts = {
        "model": MODEL,
        "source": SOURCE,
        "tx": adamw(learning_rate=RATE, weight_decay=WEIGHT_DECAY),
        "evaluations": {
            "loss": loss(model=MODEL, source=SOURCE, batch_size=16),
            "superposition": superposition(),
        },
        "spec": FitSpec(n_steps=n_steps, batch_size=BATCH, log_every=log_every),
    }
    return fit(jax.random.key(seed), **parts | changes)


@functools.cache
def the_run() -> tuple[Run, list[tuple[int, dict[str, jax.Array]]]]:
    """The reference run, and what it told after each block."""
    told: list[tuple[int, dict[str, jax.Array]]] = []
    return train(on_block=lambda *block: told.append(block)), told


def start_of(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Initial W and b, by the documented key."""
    params, _ = MODEL.init(jax.random.fold_in(jax.random.key(seed), 0))
    return np.asarray(params.W), np.asarray(params.b)


def batches_of(seed: int) -> np.ndarray:
    """The batch of each update, by the documented keys, (N_STEPS, BATCH, N)."""
    key_data = jax.random.fold_in(jax.random.key(seed), 1)

    def batch(step: jax.Array) -> jax.Array:
        key_batch, _ = jax.random.split(jax.random.fold_in(key_data, step))
        return draw(SOURCE, key_batch, BATCH).inputs

    return np.asarray(jax.jit(jax.vmap(batch))(jnp.arange(N_STEPS)))


def numpy_trainer(
    W: np.ndarray, b: np.ndarray, batches: np.ndarray, dtype: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """AdamW on the tied ReLU autoencoder, backprop by hand: W, b and the losses of all updates."""
    params = [W.astype(dtype), b.astype(dtype)]
    means, squares = [np.zeros_like(p) for p in params], [np.zeros_like(p) for p in params]
    importance = np.array([DECAY**i for i in range(N)], dtype)
    b1, b2, eps, losses = 0.9, 0.999, 1e-8, []
    for t, x in enumerate(batches.astype(dtype), start=1):
        W, b = params
        code = x @ W
        pre = code @ W.T + b
        error = np.maximum(pre, 0) - x
        losses.append((importance * error**2).sum(axis=1).mean())
        d_pre = 2 * importance * error * (pre > 0) / dtype(len(x))
        d_W = d_pre.T @ code + x.T @ (d_pre @ W)
        grads = [d_W, d_pre.sum(axis=0)]
        for i, g in enumerate(grads):
            means[i] = b1 * means[i] + (1 - b1) * g
            squares[i] = b2 * squares[i] + (1 - b2) * g**2
            step = means[i] / (1 - b1**t) / (np.sqrt(squares[i] / (1 - b2**t)) + eps)
            params[i] = (params[i] - RATE * WEIGHT_DECAY * params[i] - RATE * step).astype(dtype)
    return *params, np.array(losses)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_run_agrees_with_an_independent_trainer(dtype: Any) -> None:
    W, b, losses = numpy_trainer(*start_of(0), batches_of(0), dtype)
    run, _ = the_run()
    assert np.abs(W - start_of(0)[0]).max() > 0.05
    np.testing.assert_allclose(run.params.W, W, rtol=0, atol=1e-5)
    np.testing.assert_allclose(run.params.b, b, rtol=0, atol=1e-5)
    np.testing.assert_allclose(run.metrics["train_loss"], losses.reshape(4, 50).mean(1), rtol=1e-5)
    assert run.diverged_step == -1
    assert run.state == ()


@pytest.mark.slow
@pytest.mark.usefixtures("x64")
def test_a_run_in_double_precision_agrees_more_closely() -> None:
    """To the float32 rounding of the importances."""
    W, b, _ = numpy_trainer(*start_of(1), batches_of(1), np.float64)
    run = train(seed=1, log_every=N_STEPS, evaluations={})
    assert run.params.W.dtype == jnp.float64
    np.testing.assert_allclose(run.params.W, W, rtol=0, atol=1e-7)
    np.testing.assert_allclose(run.params.b, b, rtol=0, atol=1e-7)


@pytest.mark.slow
def test_metrics_are_stacked_over_blocks() -> None:
    run, _ = the_run()
    assert {name: values.shape for name, values in run.metrics.items()} == {
        "train_loss": (4,),
        "loss": (4,),
        "loss_standard_error": (4,),
        "feature_norms": (4, N),
        "feature_dimensionality": (4, N),
        "features_per_dimension": (4,),
    }
    norms = np.linalg.norm(run.params.W, axis=1)
    np.testing.assert_allclose(run.metrics["feature_norms"][-1], norms, rtol=1e-5)
    assert (np.asarray(run.metrics["feature_norms"][0]) != norms).all()


def test_no_steps_leave_the_model_at_its_start() -> None:
    run = train(n_steps=0, log_every=1)
    W, b = start_of(0)
    np.testing.assert_allclose(run.params.W, W, rtol=1e-6)
    np.testing.assert_array_equal(run.params.b, b)
    assert run.metrics == {}
    assert run.diverged_step == -1


def test_a_run_is_a_function_of_its_key() -> None:
    """Repeated it is the same bit for bit."""
    first, again, other = the_run()[0], train(), train(seed=1)
    jax.tree.map(np.testing.assert_array_equal, first, again)
    assert (np.asarray(first.params.W) != np.asarray(other.params.W)).all()
    assert (np.asarray(first.metrics["loss"]) != np.asarray(other.metrics["loss"])).all()


def test_on_block_is_told_of_each_block() -> None:
    run, told = the_run()
    assert [steps for steps, _ in told] == [50, 100, 150, 200]
    for block, (_, measured) in enumerate(told):
        assert measured.keys() == run.metrics.keys()
        for name, value in measured.items():
            np.testing.assert_array_equal(run.metrics[name][block], value)


@pytest.mark.slow
def test_a_run_that_diverges_says_so_and_keeps_finite_parameters() -> None:
    tx = adamw(learning_rate=1e30, weight_decay=0.0)
    run = train(n_steps=6, log_every=2, tx=tx, evaluations={})
    assert run.diverged_step == 2
    for leaf in jax.tree.leaves(run.params):
        assert np.isfinite(leaf).all()
    np.testing.assert_array_equal(run.metrics["train_loss"], [np.nan] * 3)


@pytest.mark.parametrize(
    "make",
    [
        lambda: jnp.zeros(2, jnp.uint32),
        lambda: np.zeros(2, np.uint32),
        lambda: jax.random.key_data(jax.random.key(0)),
        lambda: jax.random.split(jax.random.key(0)),
        lambda: 0,
        lambda: None,
    ],
    ids=["uint32", "numpy", "key_data", "two keys", "seed", "none"],
)
def test_what_is_not_one_typed_key_is_refused(make: Any) -> None:
    spec = FitSpec(n_steps=1, batch_size=1, log_every=1)
    tx = adamw(learning_rate=RATE, weight_decay=0.0)
    with pytest.raises(TypeError) as refusal:
        fit(make(), model=MODEL, source=SOURCE, tx=tx, probe=lambda *_: {}, spec=spec)
    assert str(refusal.value) == "key: expected one typed key, jax.random.key(seed)"


@pytest.mark.parametrize("impl", ["rbg", "unsafe_rbg"])
def test_a_key_whose_numbers_depend_on_the_place_of_a_member_is_refused(impl: str) -> None:
    spec = FitSpec(n_steps=1, batch_size=1, log_every=1)
    tx = adamw(learning_rate=RATE, weight_decay=0.0)
    with pytest.raises(TypeError, match="^key: expected threefry") as refusal:
        key = jax.random.key(0, impl=impl)
        fit(key, model=MODEL, source=SOURCE, tx=tx, probe=lambda *_: {}, spec=spec)
    assert "\n" not in str(refusal.value)


def spec_with(**changes: Any) -> FitSpec:
    return FitSpec(**{"n_steps": 12, "batch_size": 4, "log_every": 3} | changes)


def counts_of(spec: FitSpec) -> tuple[int, ...]:
    n_blocks = Schedule(spec, spec.log_every, {}).n_blocks
    return spec.n_steps, spec.batch_size, spec.log_every, n_blocks


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({}, (12, 4, 3, 4)),
        ({"n_steps": 0}, (0, 4, 3, 0)),
        ({"n_steps": np.int64(6)}, (6, 4, 3, 2)),
        ({"batch_size": 1, "log_every": 1}, (12, 1, 1, 12)),
        ({"log_every": 12}, (12, 4, 12, 1)),
        ({"n_steps": 2**31 - 1, "log_every": 2**31 - 1}, (2**31 - 1, 4, 2**31 - 1, 1)),
    ],
)
def test_a_spec_counts_its_blocks(changes: dict[str, Any], counts: tuple[int, ...]) -> None:
    assert counts_of(spec_with(**changes)) == counts


@pytest.mark.parametrize("name", ["n_steps", "batch_size", "log_every"])
@pytest.mark.parametrize(
    "value", [12.0, 1e4, True, False, np.bool_(True), "12", None, [12], float("nan")], ids=repr
)
def test_a_count_that_is_no_integer_is_refused(name: str, value: Any) -> None:
    with pytest.raises(TypeError) as refusal:
        spec_with(**{name: value})
    such_as = 10000 if name == "n_steps" else 1
    assert str(refusal.value) == f"{name}={value!r}: expected an integer, such as {such_as}"


@pytest.mark.parametrize(
    ("name", "value", "low"),
    [
        ("n_steps", -1, 0),
        ("n_steps", 2**31, 0),
        ("batch_size", 0, 1),
        ("batch_size", -4, 1),
        ("batch_size", 2**31, 1),
        ("log_every", 0, 1),
        ("log_every", -3, 1),
        ("log_every", 10**400, 1),
    ],
    ids=lambda value: str(value)[:12],
)
def test_a_count_out_of_range_is_refused(name: str, value: int, low: int) -> None:
    with pytest.raises(ValueError, match="expected an integer in") as refusal:
        spec_with(**{name: value})
    assert str(refusal.value) == f"{name}={value}: expected an integer in [{low}, 2147483647]"


@pytest.mark.parametrize(("n_steps", "log_every"), [(12, 5), (12, 24), (7, 2)])
def test_log_every_must_divide_n_steps(n_steps: int, log_every: int) -> None:
    with pytest.raises(ValueError, match="divisor") as refusal:
        spec_with(n_steps=n_steps, log_every=log_every)
    assert str(refusal.value) == f"log_every={log_every}: expected a divisor of n_steps={n_steps}"


def test_a_matrix_for_a_count_is_refused_in_one_line() -> None:
    with pytest.raises(TypeError) as refusal:
        spec_with(n_steps=np.ones((3, 3)))
    assert "\n" not in str(refusal.value)


def test_arrays_that_are_closed_over_are_arguments_and_no_constants(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The texts of programs over 7 and over 100,000 rows are as long, and hold no such constant."""
    module: Any = importlib.import_module("superpos.train.fit")
    texts: list[str] = []

    class Recording:
        def __getattr__(self, name: str) -> Any:
            return getattr(jax, name)

        def jit(self, function: Any) -> Any:
            compiled = jax.jit(function)

            def call(*args: Any) -> Any:
                texts.append(compiled.lower(*args).as_text())
                return compiled(*args)

            return call

    monkeypatch.setattr(module, "jax", Recording())
    sizes = []
    for n_rows in (7, 100_000):
        texts.clear()
        rows = np.random.default_rng(0).normal(size=(n_rows, 3)).astype(np.float32)
        source = examples(n_features=3, examples={"inputs": jnp.asarray(rows)}, sampling="stream")
        spec = FitSpec(n_steps=4, batch_size=5, log_every=2)
        run = fit(jax.random.key(0), **led(0.5, source=source, spec=spec))
        taken = rows[np.arange(20) % n_rows]
        np.testing.assert_allclose(run.params["w"], 1 - 0.5 * taken.reshape(4, -1).mean(1).sum())
        constants = [re.findall(r"stablehlo.constant .*", text) for text in texts]
        assert not [line for lines in constants for line in lines if f"<{n_rows}x3x" in line]
        sizes.append(sum(map(len, texts)))
    assert len(texts) == 3  # the start, and the same block twice
    assert sizes[1] < sizes[0] + 500


def test_what_is_measured_at_the_end_is_not_stacked() -> None:
    evaluations = {"scores": position("score", after=True), "fine": position("x", every=4)}
    metrics = fit(jax.random.key(0), **pulled(evaluations=evaluations)).metrics
    np.testing.assert_allclose(metrics["score"], w_after(12), rtol=1e-6)
    np.testing.assert_allclose(metrics["x"], w_after([4, 8, 12]), rtol=1e-6)
    assert metrics["score"].shape == ()
