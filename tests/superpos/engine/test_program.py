"""The compiled program of a chunk on one device; more devices are in test_devices.py."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.extend import core

from superpos import random
from superpos.engine import fragile
from superpos.engine.program import compile_chunk
from superpos.store.width import Width
from superpos.train import training
from tests.superpos.toys import position, pulled

POINTS = {"learning_rate": np.float32([1e-3, 1e-2, 1e-1, 1.0])}
TARGETS = {"target": np.float32([0.1, 0.2, 0.3])}
COLLECTIVES = ("all-reduce", "all-gather", "all-to-all", "collective", "reduce-scatter")


KEY = jax.random.key(0)


def compiled(build, points, width):
    return compile_chunk(build, points, width, KEY.dtype, jax.local_devices())


def started(chunk, points, seeds):
    """The executable of the only device, and the first carry."""
    (executable,) = chunk.executables
    return executable, executable.init(points, {}, KEY, np.uint32(seeds))


def run_block(chunk, points, seeds):
    """The carry and the metrics after a block."""
    executable, carry = started(chunk, points, seeds)
    return executable.advance(points, {}, carry)


@pytest.mark.parametrize("width", [Width(1, 3), Width(2, 3), Width(1, 64)])
def test_build_is_called_once_for_init_and_once_for_advance(make_toy, width):
    build = make_toy()
    compiled(build, TARGETS, width)
    assert build.calls == 2


def test_build_is_called_once_more_for_what_is_measured_at_times_of_its_own():
    calls = []

    def build(point):
        calls.append(point)
        evaluations = {"a": position("x", every=4), "b": position("y"), "c": position("z", every=6)}
        return training(**pulled(point["target"], evaluations=evaluations))

    chunk = compiled(build, TARGETS, Width(2, 3))
    assert len(calls) == 5
    assert [*chunk.executables[0].measures] == [*chunk.shapes.measured] == ["a", "b", "c"]
    assert chunk.shapes.measured["c"]["z"].shape == (2, 3)
    plain = compiled(lambda point: training(**pulled(point["target"])), TARGETS, Width(2, 3))
    assert plain.digest != chunk.digest  # of other programs


def test_build_gets_float32_scalars_by_name(make_toy):
    seen = []

    def build(point):
        seen.append({name: (value.shape, value.dtype) for name, value in point.items()})
        return make_toy()(point)

    compiled(build, {**TARGETS, "learning_rate": np.float32([1, 2])}, Width(2, 2))
    assert seen == [{"target": ((), jnp.float32), "learning_rate": ((), jnp.float32)}] * 2


@pytest.mark.slow
def test_a_member_of_a_chunk_is_the_training_of_its_point_and_key(make_toy):
    build, width = make_toy(state=jnp.int32(0)), Width(2, 3)
    chunk = compiled(build, TARGETS, width)
    seeds = [5, 2**32 - 1]
    carry, measured = run_block(chunk, TARGETS, seeds)
    assert carry.params["W"].shape == (2, 3, 2)
    assert measured["train_loss"].shape == (2, 3)
    assert (carry.step.shape, carry.key.shape) == ((), (2,))

    @jax.jit
    def alone(target, seed):
        run = build({"target": target})
        return run.advance(run.init(jax.random.fold_in(KEY, seed)))

    for seed in range(2):
        for point in range(3):
            one, metrics = alone(TARGETS["target"][point], np.uint32(seeds[seed]))
            np.testing.assert_allclose(carry.params["W"][seed, point], one.params["W"], rtol=1e-6)
            np.testing.assert_allclose(
                measured["train_loss"][seed, point], metrics["train_loss"], rtol=1e-5
            )
            assert carry.state[seed, point] == one.state == 2


def test_the_shapes_and_the_spec_are_those_of_the_run(make_toy):
    chunk = compiled(make_toy(n_steps=6), TARGETS, Width(2, 3))
    assert chunk.width == (2, 3)
    spec = chunk.schedule.spec
    assert (spec.n_steps, spec.log_every, chunk.schedule.n_blocks) == (6, 2, 3)
    assert chunk.shapes.carry.params["W"].shape == (2, 3, 2)
    assert {name: leaf.shape for name, leaf in chunk.shapes.metrics.items()} == {
        "size": (2, 3),
        "train_loss": (2, 3),
    }


@pytest.mark.slow
def test_the_carry_is_given_up_to_the_block(make_toy):
    chunk = compiled(make_toy(), TARGETS, Width(1, 3))
    executable, carry = started(chunk, TARGETS, [0])
    executable.advance(TARGETS, {}, carry)
    assert carry.params["W"].is_deleted()


def test_a_nudged_carry_has_its_parameters_an_ulp_away_and_all_else_as_it_was(make_toy):
    chunk = compiled(make_toy(state=jnp.float32(3)), TARGETS, Width(2, 3))
    executable, carry = started(chunk, TARGETS, [0, 1])
    W, key = np.asarray(carry.params["W"]), np.asarray(jax.random.key_data(carry.key))
    nudged = fragile.nudge(carry)
    np.testing.assert_array_equal(nudged.params["W"], np.nextafter(W, np.float32(np.inf)))
    np.testing.assert_array_equal(nudged.state, np.full((2, 3), 3, np.float32))
    np.testing.assert_array_equal(jax.random.key_data(nudged.key), key)
    assert nudged.step == 0


@pytest.mark.slow
def test_the_digest_tells_programs_apart_and_not_the_values_of_an_axis(make_toy):
    digest = compiled(make_toy(), TARGETS, Width(1, 4)).digest
    other_values = {"target": np.float32([7, 8, 9, 10])}
    assert digest == compiled(make_toy(), other_values, Width(1, 4)).digest
    assert digest != compiled(make_toy(), TARGETS, Width(1, 3)).digest
    assert digest != compiled(make_toy(), {"learning_rate": TARGETS["target"]}, Width(1, 4)).digest


def random_bits_shapes(jaxpr):
    """The shapes of all random bits drawn in a program, those in inner programs included."""
    for equation in jaxpr.eqns:
        if equation.primitive.name == "random_bits":
            yield equation.outvars[0].aval.shape
        for inner in core.jaxprs_in_params(equation.params):
            yield from random_bits_shapes(inner)


@pytest.mark.slow
def test_the_random_bits_are_drawn_once_per_seed_and_not_once_per_member(make_build, monkeypatch):
    jaxprs, lower = [], jax.stages.Traced.lower

    def recorded(traced, *args, **kwargs):
        jaxprs.append(traced.jaxpr.jaxpr)
        return lower(traced, *args, **kwargs)

    monkeypatch.setattr(jax.stages.Traced, "lower", recorded)
    compiled(make_build(), POINTS, Width(2, 4))
    shapes = [shape for jaxpr in jaxprs for shape in random_bits_shapes(jaxpr)]
    # A batch of 16, in a loop over 3 rows or at once, and the initial W; 2 seeds and 4 points.
    assert set(shapes) == {(2, 3, 2), (2, 3, 16), (2, 16)}


@pytest.mark.slow
def test_the_compiler_does_not_draw_the_batch_anew_for_each_point(make_build):
    # Only the seven points have a dimension of 7. The rounds of a generator shift words; where the
    # compiler fuses them into what reads the batch, that function is one over the points.
    points = {"density": np.float32([0.1] * 7)}
    width, dtype = Width(5, 7), random.key(0).dtype
    program = compile_chunk(make_build(), points, width, dtype, jax.local_devices())
    functions = program.executables[0].advance.as_text().split("\n\n")
    drawing = [text for text in functions if re.search(r"u32\[.*16\]\S* shift-right-logical", text)]
    assert drawing
    assert not [text for text in drawing if re.search(r"\[(\d+,)*7[],]", text)]


@pytest.mark.slow
def test_a_program_exchanges_nothing(make_build):  # its text holds the name of this function
    text = compiled(make_build(), POINTS, Width(2, 4)).executables[0].advance.as_text()
    assert "fusion" in text
    assert not [word for word in COLLECTIVES if word in text]


@pytest.mark.slow
def test_the_estimated_memory_grows_with_the_width(make_toy):
    n_bytes = [compiled(make_toy(), TARGETS, Width(1, n)).n_bytes for n in (4, 64, 1024)]
    assert n_bytes == sorted(set(n_bytes))
    # In proportion to the width, and W and two metrics are the least that a member takes.
    per_member = (n_bytes[2] - n_bytes[1]) / 960
    assert 16 <= per_member <= 1000
    assert n_bytes[1] - n_bytes[0] == pytest.approx(60 * per_member, rel=0.5)


def test_the_estimated_memory_covers_what_goes_in_and_comes_out(make_toy):
    points = {"target": np.zeros(64, np.float32)}
    chunk = compiled(make_toy(), points, Width(1, 64))
    carry, measured = run_block(chunk, points, [0])
    leaves = jax.tree.leaves((carry.params, carry.diverged_step, measured))
    assert chunk.n_bytes >= sum(leaf.nbytes for leaf in leaves) + points["target"].nbytes


@pytest.mark.slow
def test_the_estimated_memory_covers_what_is_needed_on_the_way(make_build):
    # A batch of 3 features is neither given nor kept.
    small, large = (
        compiled(make_build(batch_size=n), POINTS, Width(2, 4)).n_bytes for n in (16, 4096)
    )
    assert large - small >= 3 * 4 * 4000


def test_a_build_that_is_wrong_raises_its_own_error(make_toy):
    def build(point):
        if point["target"] > 0:  # a Python branch on a swept value
            return training()
        return make_toy()(point)

    with pytest.raises(jax.errors.TracerBoolConversionError):
        compiled(build, TARGETS, Width(1, 1))
