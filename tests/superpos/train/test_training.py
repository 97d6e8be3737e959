"""One run as two pure functions: its keys, its carry, and what happens when it is not finite."""

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from superpos.arguments import ArgumentError
from superpos.data import draw, sparse_uniform, stateless
from superpos.models import autoencoder
from superpos.optim import adam, adamw, sgd
from superpos.train import FitSpec, training
from superpos.train.evaluating import COMMON_SEED
from superpos.train.schedule import schedule_of
from superpos.types import Batch, Carry, Key, Model, Output, Source, Training

N, M, BATCH = 4, 2, 8
MODEL = autoencoder(n_features=N, n_hidden=M)
SOURCE = sparse_uniform(n_features=N, density=0.5)


def watch(params: Any, state: Any, key: Key) -> dict[str, jax.Array]:
    """A probe that returns the parameters, the state and a number that tells its key."""
    leaves = [jnp.ravel(leaf) for leaf in jax.tree.leaves(params)]
    return {
        "params": jnp.concatenate(leaves),
        "state": jnp.asarray(state if jax.tree.leaves(state) else 0.0),
        "draw": jax.random.uniform(key),
    }


def make(
    n_steps: int = 6,
    log_every: int = 1,
    model: Model = MODEL,
    source: Source = SOURCE,
    tx: optax.GradientTransformation | None = None,
) -> Training:
    spec = FitSpec(n_steps=n_steps, batch_size=BATCH, log_every=log_every)
    tx = tx or adamw(learning_rate=0.1, weight_decay=0.01)
    return training(model=model, source=source, tx=tx, probe=watch, spec=spec)


def unroll(run: Training, key: Key) -> tuple[Carry, dict[str, jax.Array]]:
    """The last carry, and the metrics stacked over blocks."""
    return jax.lax.scan(
        lambda carry, _: run.advance(carry), run.init(key), length=schedule_of(run).n_blocks
    )


def go(run: Training, seed: int = 0) -> tuple[Carry, dict[str, np.ndarray]]:
    """A run as one program."""
    carry, metrics = jax.jit(lambda: unroll(run, jax.random.key(seed)))()
    return carry, jax.device_get(metrics)


@functools.cache
def step_by_step() -> tuple[Carry, dict[str, np.ndarray]]:
    """Six updates in blocks of one."""
    return go(make())


def batch_key(seed: int, step: int) -> Key:
    """The key of the batch of update `step`, as documented."""
    key_data = jax.random.fold_in(jax.random.key(seed), 1)
    return jax.random.split(jax.random.fold_in(key_data, step))[0]


def toy(loss: Any, state: Any = (), start: float = 1.0) -> Model:
    """One parameter w; loss(w, state, inputs, key) -> (loss, state)."""

    def of_batch(w: jax.Array, state: Any, batch: Batch, key: Key) -> Any:
        value, state = loss(w, state, batch.inputs, key)
        return value, (state, {})

    return Model(
        init=lambda key: (jnp.float32(start), state),
        apply=lambda params, state, x: Output(code=x, recon=x),
        loss=of_batch,
    )


def draws(key: Key, batch_size: int) -> Batch:
    x = jax.random.uniform(key, (batch_size, 1))
    return Batch(inputs=x, targets=x, factors=x)


def test_the_first_carry() -> None:
    carry = make().init(jax.random.key(7))
    params, _ = MODEL.init(jax.random.fold_in(jax.random.key(7), 0))
    jax.tree.map(np.testing.assert_array_equal, carry.params, params)
    assert carry.step == 0
    assert carry.diverged_step == -1
    assert carry.step.dtype == carry.diverged_step.dtype == jnp.int32
    assert carry.key == jax.random.key(7)
    assert carry.state == ()


@pytest.mark.slow
def test_the_length_of_a_block_changes_only_when_it_is_measured() -> None:
    fine_carry, fine = step_by_step()
    carry, coarse = go(make(log_every=3))
    for end in (fine_carry, carry):
        assert end.step == 6
        assert end.diverged_step == -1
        assert end.key == jax.random.key(0)
    np.testing.assert_allclose(coarse["params"], fine["params"][[2, 5]], rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(coarse["draw"], fine["draw"][[2, 5]])
    means = fine["train_loss"].reshape(2, 3).mean(axis=1)
    np.testing.assert_allclose(coarse["train_loss"], means, rtol=1e-5)


@pytest.mark.slow
def test_the_keys_of_batches_losses_and_probes_are_as_documented() -> None:
    """With the loss w * (mean of the batch) + 10 w * (a draw) the steps of w tell both keys."""

    def loss(w: jax.Array, state: Any, x: jax.Array, key: Key) -> Any:
        return w * (x.mean() + 10 * jax.random.uniform(key)), state

    seed = 3
    run = make(model=toy(loss), source=stateless(draws), tx=sgd(learning_rate=1.0))
    _, metrics = go(run, seed)
    w = np.concatenate([[1.0], metrics["params"][:, 0]])
    for step in range(6):
        key_step = jax.random.fold_in(jax.random.fold_in(jax.random.key(seed), 1), step)
        key_batch, key_loss = jax.random.split(key_step)
        mean = np.mean(jax.random.uniform(key_batch, (BATCH, 1)))
        slope = mean + 10 * float(jax.random.uniform(key_loss))
        np.testing.assert_allclose(w[step] - w[step + 1], slope, rtol=1e-4)
        np.testing.assert_allclose(metrics["train_loss"][step], w[step] * slope, rtol=1e-4)
        common = jax.random.key(COMMON_SEED)  # of the evaluations of all members
        key_probe = jax.random.fold_in(jax.random.fold_in(common, 2), step + 1)
        assert metrics["draw"][step] == jax.random.uniform(key_probe)


def test_the_state_goes_from_update_to_update() -> None:
    def loss(w: jax.Array, state: jax.Array, x: jax.Array, key: Key) -> Any:
        return w * state, state + 1

    run = make(model=toy(loss, jnp.int32(2)), source=stateless(draws), tx=sgd(learning_rate=1.0))
    carry, metrics = go(run)
    assert carry.state == 8
    np.testing.assert_array_equal(metrics["state"], [3, 4, 5, 6, 7, 8])
    np.testing.assert_allclose(metrics["params"][:, 0], 1 - np.cumsum([2, 3, 4, 5, 6, 7]))


@functools.cache
def with_nan_at_each_step() -> tuple[Carry, dict[str, np.ndarray]]:
    """Seven runs of three blocks; the batch of update i is nan in run i. The last stays finite."""
    wanted = np.stack([jax.random.key_data(batch_key(0, step)) for step in range(7)])

    def run(wanted: jax.Array) -> tuple[Carry, dict[str, jax.Array]]:
        def sample(key: Key, batch_size: int) -> Batch:
            hit = jnp.all(jax.random.key_data(key) == wanted)
            batch = draw(SOURCE, key, batch_size)
            return dataclasses.replace(batch, inputs=jnp.where(hit, jnp.nan, batch.inputs))

        return unroll(make(log_every=2, source=stateless(sample)), jax.random.key(0))

    carry, metrics = jax.jit(jax.vmap(run))(wanted)
    return dataclasses.replace(carry, key=()), jax.device_get(metrics)


@pytest.mark.slow
@pytest.mark.parametrize("step", range(7))
def test_a_run_freezes_before_the_update_that_is_not_finite(step: int) -> None:
    """Update `step` is the (step + 1)th; blocks are 2 updates long."""
    carry, metrics = jax.tree.map(lambda leaf: np.asarray(leaf)[step], with_nan_at_each_step())
    assert carry.diverged_step == (step + 1 if step < 6 else -1)
    assert carry.step == 6
    start = make().init(jax.random.key(0)).params
    clean = [np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(start)])]
    clean.extend(step_by_step()[1]["params"])
    expected = [clean[min(updates, step)] for updates in (2, 4, 6)]
    np.testing.assert_allclose(metrics["params"], expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(np.isnan(metrics["train_loss"]), [step < 2, step < 4, step < 6])
    counts = [leaf for leaf in jax.tree.leaves(carry.opt_state) if leaf.dtype == np.int32]
    assert counts == [step] * len(counts) != []
    for leaf in jax.tree.leaves((carry.params, carry.opt_state)):
        assert np.isfinite(leaf).all()


@pytest.mark.slow
def test_a_frozen_run_does_not_change_by_a_bit() -> None:
    _, metrics = with_nan_at_each_step()
    frozen = metrics["params"][2, :]
    np.testing.assert_array_equal(frozen[1], frozen[0])
    np.testing.assert_array_equal(frozen[2], frozen[0])


@pytest.mark.slow
def test_a_learning_rate_of_1e30_freezes_after_its_last_finite_update() -> None:
    """The first update is finite, 1e30 per parameter that has a gradient; the next loss is not."""
    carry, metrics = go(make(tx=adamw(learning_rate=1e30, weight_decay=0.01)))
    assert carry.diverged_step == 2
    assert np.isfinite(metrics["params"]).all()
    assert 0.9e30 < np.abs(metrics["params"][0]).max() < 1.1e30
    np.testing.assert_array_equal(metrics["params"], metrics["params"][[0] * 6])
    np.testing.assert_array_equal(np.isnan(metrics["train_loss"]), [False] + [True] * 5)


OVERFLOWS = {
    "parameters": (lambda w, s, x, key: (10.0 * w, s), (), sgd(learning_rate=1e38)),
    "optimiser state": (lambda w, s, x, key: (1e25 * w, s), (), adam(learning_rate=0.1)),
    "loss": (lambda w, s, x, key: (w + jnp.inf, s), (), sgd(learning_rate=0.1)),
    "state": (lambda w, s, x, key: (w, s * 1e30), jnp.float32(1e20), sgd(learning_rate=0.1)),
}


@pytest.mark.parametrize("name", OVERFLOWS)
def test_whatever_is_not_finite_freezes_the_run(name: str) -> None:
    """Each alone overflows at the first update, while the others stay finite."""
    loss, state, tx = OVERFLOWS[name]
    carry, metrics = go(make(model=toy(loss, state), source=stateless(draws), tx=tx))
    assert carry.diverged_step == 1
    np.testing.assert_array_equal(metrics["params"], np.ones((6, 1)))
    jax.tree.map(np.testing.assert_array_equal, carry.state, state)
    np.testing.assert_array_equal(np.isnan(metrics["train_loss"]), [True] * 6)


def test_the_state_is_frozen_with_the_parameters() -> None:
    """The loss is inf at the third update, where the state is 2."""

    def loss(w: jax.Array, state: jax.Array, x: jax.Array, key: Key) -> Any:
        return jnp.where(state == 2, jnp.inf, w), state + 1

    run = make(model=toy(loss, jnp.int32(0)), source=stateless(draws), tx=sgd(learning_rate=0.25))
    carry, metrics = go(run)
    assert carry.diverged_step == 3
    np.testing.assert_array_equal(metrics["state"], [1, 2, 2, 2, 2, 2])
    np.testing.assert_array_equal(metrics["params"][:, 0], [0.75, 0.5, 0.5, 0.5, 0.5, 0.5])


@pytest.mark.slow
def test_a_diverged_run_touches_no_other_in_the_same_program() -> None:
    """The loss is the mean of (w - x)²."""

    def loss(w: jax.Array, state: Any, x: jax.Array, key: Key) -> Any:
        return jnp.square(w - x).mean(), state

    def final(learning_rate: jax.Array) -> tuple[jax.Array, jax.Array]:
        tx = sgd(learning_rate=learning_rate)
        run = make(log_every=6, model=toy(loss), source=stateless(draws), tx=tx)
        carry, _ = run.advance(run.init(jax.random.key(0)))
        return carry.params, carry.diverged_step

    params, diverged = jax.jit(jax.vmap(final))(jnp.array([0.1, 1e30, 0.2]))
    np.testing.assert_array_equal(diverged, [-1, 2, -1])
    assert np.isfinite(params).all()
    for index, rate in ((0, 0.1), (2, 0.2)):
        alone, _ = jax.jit(final)(rate)
        np.testing.assert_allclose(params[index], alone, rtol=1e-5)
        assert params[index] != 1


PARTS: dict[str, Any] = {
    "model": MODEL,
    "source": SOURCE,
    "tx": adam(learning_rate=0.1),
    "spec": FitSpec(n_steps=2, batch_size=BATCH, log_every=1),
}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"model": "autoencoder"}, "model='autoencoder': expected a Model"),
        ({"model": SOURCE}, "model=Source("),
        ({"source": None}, "source=None: expected a Source"),
        ({"tx": adam}, "tx=<function adam"),
        ({"spec": {"n_steps": 2}}, "spec={'n_steps': 2}: expected a FitSpec"),
        ({"probe": 3}, "probe=3: expected a function or an Evaluation or none"),
        ({"evaluations": 3}, "evaluations=3: expected a mapping"),
        ({"source": sparse_uniform(n_features=N + 1, density=0.5)}, "model: takes inputs"),
    ],
)
def test_a_part_of_another_type_is_refused_in_one_line(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(ArgumentError) as refusal:
        training(**(PARTS | changes))
    assert str(refusal.value).startswith(line)
    assert "\n" not in str(refusal.value)


def test_a_schedule_by_its_name_is_refused() -> None:
    with pytest.raises(ArgumentError, match="^schedule='cosine': expected a function or none$"):
        adam(learning_rate=0.1, schedule="cosine")  # type: ignore[arg-type]


def test_a_raw_key_is_refused() -> None:
    raw = jax.random.key_data(jax.random.key(0))
    with pytest.raises(TypeError, match="^key: expected one typed key"):
        training(**PARTS).init(raw)
    with pytest.raises(TypeError, match="^key: expected one typed key"):
        draw(SOURCE, raw, 3)


def test_examples_that_a_model_does_not_take_are_refused_in_the_first_trace() -> None:
    def sample(key: Key, batch_size: int) -> Batch:
        x = jnp.ones((batch_size, 1))  # which would be broadcast
        return Batch(inputs=x, targets=x, factors=x)

    run = training(**{**PARTS, "source": stateless(sample)})
    with pytest.raises(ArgumentError, match=r"gives inputs of shape \[8, 1\], expected \[8, 4\]"):
        jax.eval_shape(run.advance, jax.eval_shape(run.init, jax.random.key(0)))


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (1.0, "expected a dict of arrays, not float"),
        ([1.0], "expected a dict of arrays, not list"),
        ({"a": None}, "a: expected an array of numbers, not NoneType"),
        ({"a": {"b": 1.0}}, "a: expected an array of numbers, not dict"),
        ({"a": "text"}, "a: expected an array of numbers, not str"),
        ({"a": np.array([None])}, "a: expected an array of numbers, not object"),
        ({"a": jax.random.key(0)}, "a: expected an array of numbers, not key<fry>"),
        ({1: 1.0}, "1: expected a text as the name of a result"),
        ({"": 1.0}, "'': expected a text as the name of a result"),
    ],
    ids=str,
)
@pytest.mark.parametrize("where", ["evaluations.probe", "model.loss"])
def test_what_is_measured_is_a_dict_of_arrays(where: str, found: Any, line: str) -> None:
    parts: dict[str, Any] = {**PARTS, "probe": lambda *_: found}
    if where == "model.loss":
        loss = MODEL.loss

        def measured(*args: Any) -> Any:
            return loss(*args)[0], ((), found)

        parts = {**PARTS, "model": MODEL._replace(loss=measured)}
    run = training(**parts)
    with pytest.raises(ArgumentError) as refusal:
        jax.eval_shape(run.advance, jax.eval_shape(run.init, jax.random.key(0)))
    assert str(refusal.value) == f"{where}: {line}"
