"""Sources that keep a state, read the parameters, or are shared by all members of a sweep."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from superpos import data
from superpos.arguments import ArgumentError
from superpos.data import stateless
from superpos.store.checkpoint import Checkpoints
from superpos.train import FitSpec, fit, sweep, training
from superpos.types import Batch, Model, Output, Source
from tests.superpos.toys import START, counting, led, model_of, numbers

KEY = jax.random.key(2)
SPEC = {"n": 1}


def test_the_state_goes_from_draw_to_draw_and_from_block_to_block():
    """Draws are 0, 1, 2, ...: after t updates they have taken t (t - 1) / 2 from w."""
    run = fit(KEY, **led())
    t = np.arange(7)
    w = START - t * (t - 1) / 2
    assert run.params["w"] == w[6]
    losses = w[:6] * t[:6]
    np.testing.assert_allclose(run.metrics["train_loss"], losses.reshape(3, 2).mean(1), rtol=1e-6)


def test_several_updates_are_made_with_one_draw():
    """Draws are 0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3."""
    spec = FitSpec(n_steps=12, batch_size=2, log_every=6, updates_per_draw=3)
    run = fit(KEY, **led(spec=spec))
    draws = np.repeat(np.arange(4), 3)
    w = START - np.concatenate([[0], np.cumsum(draws)])
    assert run.params["w"] == w[12]
    losses = (w[:12] * draws).reshape(2, 6).mean(1)
    np.testing.assert_allclose(run.metrics["train_loss"], losses, rtol=1e-6)


def test_the_first_state_is_of_a_key_of_its_own():
    def sample(params, state, key, batch_size):
        return numbers(jnp.full(batch_size, state)), state

    seen = []

    def init(key):
        seen.append(jax.random.key_data(key))
        return jax.random.uniform(key)

    run = training(**led(source=Source(init, sample)))
    first = run.init(jax.random.key(7))
    expected = jax.random.fold_in(jax.random.key(7), 4)
    np.testing.assert_array_equal(seen[0], jax.random.key_data(expected))
    assert first.source == jax.random.uniform(expected)


def reading() -> Source:
    """Batches of the parameter itself."""
    return Source(
        lambda key: (), lambda params, state, key, n: (numbers(jnp.full(n, params["w"])), state)
    )


def test_a_source_is_given_the_parameters_before_each_draw():
    """The batch is w, which the gradient does not see: each update takes a quarter of w."""
    run = fit(KEY, **led(0.25, source=reading()))
    assert run.params["w"] == START * 0.75**6
    squares = (0.75 ** np.arange(6)) ** 2
    np.testing.assert_allclose(run.metrics["train_loss"], squares.reshape(3, 2).mean(1), rtol=1e-6)


def drifting(point):
    """Each member's draws begin at a number of its own, and its seed moves them."""

    def sample(params, state, key, batch_size):
        first, count = state
        x = first + count + 0 * params["w"]
        return numbers(jnp.full(batch_size, x)), (first, count + 1)

    def init(key):
        word = jax.random.key_data(key)[0] >> 24
        return point["first"] + word.astype(jnp.float32), jnp.float32(0)

    return training(**led(0.125, source=Source(init, sample)))


AXES = {"first": [0.0, 1000.0, 2000.0], "seed": [0, 1, 5]}


def test_members_do_not_mix_their_states():
    dataset = sweep(drifting, key=KEY, axes=AXES, chunk=4)
    for first in AXES["first"]:
        for seed in AXES["seed"]:
            key = jax.random.fold_in(jax.random.fold_in(KEY, seed), 4)
            word = int(jax.random.key_data(key)[0]) >> 24
            expected = START - 0.125 * (6 * (first + word) + 15)
            assert dataset["w"].sel(first=first, seed=seed) == expected
    assert len(np.unique(dataset["w"])) == 9


def stopped_after(n_saved, monkeypatch):
    """Be Ctrl-C when so many states of chunks were written."""
    left, real = [None] * n_saved, Checkpoints.save

    def save(self, ids, state):
        real(self, ids, state)
        left.pop()
        if not left:
            raise KeyboardInterrupt

    monkeypatch.setattr(Checkpoints, "save", save)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("n_saved", [1, 2, 5])
def test_a_sweep_that_is_stopped_goes_on_with_the_state_of_its_source(
    tmp_path, monkeypatch, bits, shared, n_saved
):
    def build(point):
        if not shared:
            return drifting(point)
        source = data.shared(data=counting())
        return training(**led(point["first"] / 1000, source=source))

    def run(folder, **changes):
        options = {"chunk": 3, "spec": SPEC, "checkpoint_seconds": 0.0}
        return sweep(build, key=KEY, axes=AXES, store=tmp_path / folder, **{**options, **changes})

    undisturbed = run("undisturbed")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        stopped_after(n_saved, patch)
        run("stopped")
    reports = []
    assert bits(run("stopped", on_progress=reports.append)) == bits(undisturbed)
    # Three blocks of two updates of three members; those that were kept are told of at once.
    assert reports[1].steps_done == 6 * (1 + (n_saved - 1) % 3)


# Shared sources


def uniform(key, batch_size):
    return numbers(jax.random.uniform(key, (batch_size,)))


def test_all_members_see_the_same_draws_of_a_shared_source():
    """Whatever their seed: w goes down by rate times the sum of all means."""
    source = data.shared(data=stateless(uniform), stream_seed=9)
    dataset = sweep(
        lambda point: training(**led(point["rate"], source=source)),
        key=KEY,
        axes={"rate": [0.25, 0.5], "seed": [0, 1, 2]},
        chunk=4,
    )
    stream = jax.random.fold_in(jax.random.key(9), 1)
    keys = [jax.random.fold_in(stream, step) for step in range(6)]
    total = sum(np.mean(jax.random.uniform(key, (2,))) for key in keys)
    expected = np.broadcast_to([[START - 0.25 * total], [START - 0.5 * total]], (2, 3))
    np.testing.assert_allclose(dataset["w"], expected, rtol=1e-5)
    # A run on its own sees them too, and another stream has others.
    alone = fit(jax.random.key(77), **led(0.5, source=source)).params["w"]
    np.testing.assert_allclose(alone, START - 0.5 * total, rtol=1e-5)
    other = data.shared(data=stateless(uniform), stream_seed=10)
    assert abs(fit(jax.random.key(77), **led(0.5, source=other)).params["w"] - alone) > 1e-3


def swept_state(point):
    return counting(start=point["first"].astype(jnp.int32))


def swept_step(point):
    def sample(params, state, key, batch_size):
        return numbers(jnp.full(batch_size, state)), state + point["first"]

    return Source(lambda key: jnp.float32(0), sample)


def by_index(point):
    return Source(
        lambda key: (), lambda params, state, key, n: (numbers(jnp.full(n, params["w"])), state)
    )


def by_attribute(point):
    return Source(
        lambda key: (), lambda params, state, key, n: (numbers(jnp.full(n, params.w)), state)
    )


@pytest.mark.parametrize("make", [swept_state, swept_step, by_index, by_attribute])
def test_a_shared_source_that_differs_between_members_is_refused_before_any_compile(
    make, one_line, monkeypatch
):
    def no_compile(*args, **kwargs):
        raise AssertionError("compiled")

    monkeypatch.setattr(jax.stages.Lowered, "compile", no_compile)

    def build(point):
        return training(**led(source=data.shared(data=make(point))))

    with pytest.raises(ArgumentError) as refusal:
        sweep(build, key=KEY, axes={"first": [0.0, 1.0]})
    assert one_line(refusal, "data: a stream that all members share, expected", "param")


def test_a_run_on_its_own_refuses_a_shared_source_that_reads_the_parameters_too(one_line):
    with pytest.raises(ArgumentError) as refusal:
        fit(KEY, **led(source=data.shared(data=reading())))
    assert one_line(refusal, "expected a source that does not read parameters")


def test_a_swept_number_may_change_what_a_member_makes_of_a_shared_draw():
    def build(point):
        def sample(params, state, key, batch_size):
            return numbers(jnp.full(batch_size, point["scale"] * state)), state + 1

        source = data.shared(data=Source(lambda key: jnp.int32(0), sample))
        return training(**led(source=source))

    dataset = sweep(build, key=KEY, axes={"scale": [1.0, 3.0], "seed": [0, 1]})
    np.testing.assert_array_equal(dataset["w"], [[START - 15] * 2, [START - 45] * 2])


# A policy that is its own source


def bandit():
    """Two arms, of which the second pays 1 and the first nothing: rollouts of a policy.

    Targets are, of each action, its log-probability when it was taken, and its advantage.
    """

    def sample(params, state, key, batch_size):
        log_probabilities = jax.nn.log_softmax(params["logits"])
        actions = jax.random.categorical(key, log_probabilities, shape=(batch_size,))
        advantages = jnp.where(actions == 1, 0.5, -0.5)
        targets = jnp.stack([log_probabilities[actions], advantages], axis=1)
        return Batch(inputs=actions[:, None], targets=targets, factors=targets), state

    return Source(lambda key: (), sample)


def policy(clip=0.2):
    """Improved by the clipped objective of proximal policy optimisation."""

    def loss(params, state, batch, key):
        old, advantages = batch.targets.T
        ratio = jnp.exp(jax.nn.log_softmax(params["logits"])[batch.inputs[:, 0]] - old)
        clipped = jnp.clip(ratio, 1 - clip, 1 + clip)
        gain = jnp.minimum(ratio * advantages, clipped * advantages)
        fraction = jnp.mean(jnp.abs(ratio - 1) > clip)
        largest = jnp.mean(jnp.abs(ratio - 1))
        return -gain.mean(), (state, {"clip_fraction": fraction, "off_policy": largest})

    return Model(
        init=lambda key: ({"logits": jnp.zeros(2)}, ()),
        apply=lambda params, state, x: Output(code=x, recon=x),
        loss=loss,
    )


@pytest.fixture(scope="module")
def learned():
    """Updates per draw -> a sweep over seeds of a policy on the bandit."""

    def build(updates_per_draw):
        spec = FitSpec(n_steps=80, batch_size=32, log_every=8, updates_per_draw=updates_per_draw)
        parts = {"model": policy(), "source": bandit(), "tx": optax.sgd(1.0), "spec": spec}
        return lambda point: training(**parts)

    axes = {"seed": [0, 1, 2, 3, 4, 5, 6, 7]}
    return {n: sweep(build(n), key=KEY, axes=axes) for n in (1, 4)}


def better(dataset):
    logits = dataset["logits"].values.astype(np.float64)
    return 1 / (1 + np.exp(logits[:, 0] - logits[:, 1]))


@pytest.mark.slow
def test_a_policy_learns_from_its_own_rollouts_by_clipped_updates(learned):
    dataset = learned[4]
    assert (dataset.status == "ok").all()
    assert (better(dataset) > 0.9).all()
    fractions = dataset["clip_fraction"].values
    assert fractions.shape == (8, 10)
    assert ((fractions >= 0) & (fractions <= 1)).all()
    assert (fractions.max(axis=1) > 0).all()
    # The first of the four updates is on policy, so no more than three in four are clipped.
    assert fractions.max() <= 0.75


@pytest.mark.slow
def test_with_an_update_a_draw_a_policy_is_on_policy_and_nothing_is_clipped(learned):
    dataset = learned[1]
    assert (better(dataset) > 0.9).all()
    np.testing.assert_array_equal(dataset["clip_fraction"], np.zeros((8, 10)))
    assert dataset["off_policy"].max() < 1e-6
    assert learned[4]["off_policy"].max() > 0.05


def test_what_a_loss_measures_is_a_mean_over_the_block_and_may_not_be_called_as_the_loss(one_line):
    def measuring(name):
        model = model_of(lambda w, x: w * x.mean())

        def loss(params, state, batch, key):
            value, (state, _) = model.loss(params, state, batch, key)
            return value, (state, {name: batch.inputs.mean() ** 2})

        return model._replace(loss=loss)

    run = fit(KEY, **led(model=measuring("square")))
    np.testing.assert_allclose(run.metrics["square"], [0.5, (4 + 9) / 2, (16 + 25) / 2])
    with pytest.raises(ArgumentError) as refusal:
        fit(KEY, **led(model=measuring("train_loss")))
    assert one_line(refusal, "train_loss is taken")
