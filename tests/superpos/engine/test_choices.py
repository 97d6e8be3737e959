"""The programs of a sweep, traced to be sized and compiled once."""

import importlib

import jax
import pytest

from superpos.engine import choices
from superpos.store.grid import make_grid
from superpos.store.width import Width

KEY = jax.random.key(9)
GRID = make_grid({"target": [0.1, 0.2, 0.3], "seed": [7, 0]}, ())
NOTHING = {device: {} for device in jax.local_devices()}
module = importlib.import_module("superpos.engine.choices")


def test_the_size_of_a_chunk_is_known_before_it_is_compiled(make_toy, monkeypatch):
    monkeypatch.setattr(module, "compile_chunk", lambda *_, **__: pytest.fail("compiled"))
    looped = choices.search(make_toy(), GRID, KEY).looped
    # In each update, the two numbers of W of every member, float32, are the largest array.
    assert [looped(Width(1, n)) for n in (2, 3)] == [2 * 2 * 4, 3 * 2 * 4]


def test_a_width_is_compiled_once(make_toy, monkeypatch):
    real, widths = module.compile_chunk, []

    def compile_chunk(*arguments, **settings):
        widths.append(arguments[2])
        return real(*arguments, **settings)

    monkeypatch.setattr(module, "compile_chunk", compile_chunk)
    search = choices.search(make_toy(), GRID, KEY)
    assert search.compile(Width(1, 2)) is search.compile(Width(1, 2))
    assert widths == [(1, 2)]


def test_the_time_of_a_block_is_that_of_the_second_one(make_toy, monkeypatch):
    program = choices.search(make_toy(), GRID, KEY, jax.local_devices()[:1]).compile(Width(1, 2))
    clock = iter([0.0, 100.0, 200.0, 203.0])  # the first takes 100 s, the second 3 s
    monkeypatch.setattr(module.time, "perf_counter", lambda: next(clock))
    assert choices.seconds_per_block(GRID, KEY, NOTHING, program) == 3.0
