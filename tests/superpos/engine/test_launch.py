"""Chunks that are run as programs on the devices of this process; more are in test_devices.py."""

import threading
import time

import jax
import numpy as np
import pytest

from superpos.engine import launch, plan
from superpos.engine.plan import Chunk
from superpos.engine.program import compile_chunk
from superpos.store.grid import make_grid
from superpos.store.width import Width

KEY = jax.random.key(9)
AXES = {"target": [0.1, 0.2, 0.3, 0.4, 0.5], "seed": [7, 0, 3]}
ALL = np.ones((5, 3), bool)


class WrongError(Exception):
    pass


@pytest.fixture(scope="module")
def grid():
    return make_grid(AXES, ())


@pytest.fixture(scope="module")
def program(make_toy, grid):
    width = Width(2, 3)
    return compile_chunk(make_toy(), grid.points, width, KEY.dtype, jax.local_devices())


def train(grid, program, chunks, *, on_block=lambda n_steps: None, check_fragile=False):
    task = launch.Task(grid, grid.member_ids({"n": 1}), KEY, program, check_fragile)
    return launch.train(task, chunks, on_block)


def trained(grid, program, chunks, **options):
    """The ids of all members, the rows of chunks, and the model-steps that were told of."""
    told = []
    rows = [*train(grid, program, chunks, on_block=told.append, **options)]
    return grid.member_ids({"n": 1}), rows, told


def test_a_chunk_starts_with_the_keys_of_its_seeds_and_the_values_of_its_points(grid, program):
    chunk = Chunk(np.array([2]), np.array([4, 1]))
    (executable,) = program.executables
    points, key, seeds = launch.inputs(grid, KEY, program.width, executable.device, chunk)
    carry = executable.init(points, {}, key, seeds)
    # The first seed and the first point again, up to the width.
    np.testing.assert_array_equal(points["target"], np.float32([0.5, 0.2, 0.5]))
    expected = jax.random.key_data(jax.random.fold_in(KEY, 3))
    np.testing.assert_array_equal(jax.random.key_data(carry.key), [expected] * 2)
    assert carry.params["W"].shape == (2, 3, 2)


def test_every_member_comes_out_once_under_its_own_id(grid, program):
    chunks = [*plan.plan(ALL, program.width)]
    ids, rows, told = trained(grid, program, chunks)
    assert len(rows) == len(chunks) == 4
    assert sorted(member for row in rows for member in row.ids) == sorted(ids)
    # Two updates a block and two blocks of each member, padding not counted.
    assert sum(told) == 15 * 4
    assert told == [2 * len(row.ids) for row in rows for _ in range(2)]
    W = {member: W for row in rows for member, W in zip(row.ids, row.arrays["W"], strict=True)}
    for point, value in enumerate(AXES["target"]):
        for seed, number in enumerate(AXES["seed"]):
            # Descent at 0.1 on |W - target x|² takes W to 0.8 W + 0.2 target x.
            expected = expected_toy(value, jax.random.fold_in(KEY, number))
            np.testing.assert_allclose(W[ids[grid.members[point, seed]]], expected, rtol=1e-5)


def expected_toy(target, key):
    """W of the toy after four updates, in float64."""

    def draw(key):
        return (np.asarray(jax.random.key_data(key)) >> 8) * 2.0**-24

    W, key_data = draw(jax.random.fold_in(key, 0)), jax.random.fold_in(key, 1)
    for step in range(4):
        batch = draw(jax.random.split(jax.random.fold_in(key_data, step))[0])
        W = 0.8 * W + 0.2 * target * batch
    return W


def test_checking_runs_every_block_twice_and_adds_a_number_to_a_member(grid, program):
    chunks = [Chunk(np.array([0, 2]), np.array([1, 3]))]
    _, (plain,), told = trained(grid, program, chunks)
    _, (checked,), told_checked = trained(grid, program, chunks, check_fragile=True)
    assert told_checked == told * 2 == [8] * 4
    assert set(checked.arrays) == {*plain.arrays, "sensitivity"}
    for name, values in plain.arrays.items():
        assert values.tobytes() == checked.arrays[name].tobytes(), name
    # An ulp of W shrinks by 0.8 at each update; what is left is rounding.
    assert checked.arrays["sensitivity"].shape == (4,)
    assert (checked.arrays["sensitivity"] < 1e-6).all()


def on_devices(program, *before):
    """The program as that of so many devices, each with something to do before a block."""
    (executable,) = program.executables

    def doing(before):
        def advance(*args):
            before()
            return executable.advance(*args)

        return executable._replace(advance=advance)

    first, *others = map(doing, before)
    return program._replace(first=first, others=tuple(map(Compiled, others)))


class Compiled:
    """What is there already, in place of what is compiled later."""

    compiled = True

    def __init__(self, executable):
        self.executable = executable

    def __call__(self):
        return self.executable


def test_devices_work_at_once_and_the_caller_is_told_in_its_own_thread(grid, program):
    meet = threading.Barrier(2, timeout=20).wait
    chunks, told = [*plan.plan(ALL, program.width)], []
    rows = train(
        grid,
        on_devices(program, meet, meet),
        chunks,
        on_block=lambda n_steps: told.append(threading.current_thread()),
    )
    found = {row.ids.tobytes(): row.arrays["W"].tobytes() for row in rows}
    _, alone, _ = trained(grid, program, chunks)
    assert found == {row.ids.tobytes(): row.arrays["W"].tobytes() for row in alone}
    assert told == [threading.current_thread()] * 8


def test_what_goes_wrong_on_a_device_is_raised_when_the_others_have_stopped(grid, program):
    calls = []

    def fail():
        time.sleep(0.1)
        raise WrongError

    def work():
        calls.append(time.sleep(0.05))

    with pytest.raises(WrongError):
        trained(grid, on_devices(program, fail, work), plan.plan(ALL, Width(1, 1)))
    n_calls = len(calls)
    time.sleep(0.2)
    assert len(calls) == n_calls < 2 * 14


def test_a_caller_that_leaves_stops_the_devices_at_the_next_block(grid, program):
    calls = []
    rows = train(
        grid,
        on_devices(program, lambda: calls.append(time.sleep(0.05))),
        plan.plan(ALL, Width(1, 1)),
    )
    next(rows)
    rows.close()
    n_calls = len(calls)
    time.sleep(0.3)
    assert len(calls) <= n_calls + 1 < 2 * 15
