"""Memory that is free, and what is told where it does not do."""

import types
from pathlib import Path

import jax
import psutil
import pytest

from superpos import memory
from superpos.memory import is_out_of_memory, out_of_memory_as


def test_the_free_memory_is_that_of_the_device_where_it_says_so(monkeypatch):
    stats = {"bytes_limit": 1000, "bytes_in_use": 300}
    device = types.SimpleNamespace(memory_stats=lambda: stats)
    monkeypatch.setattr(jax, "local_devices", lambda: [device])
    assert memory.available_bytes() == 700


@pytest.mark.parametrize("n_devices", [1, 4])
@pytest.mark.parametrize("limit", ["max\n", "1000000000000000\n", "5000000000\n", None])
def test_the_free_memory_is_a_part_of_that_of_the_machine_and_of_its_container(
    monkeypatch, limit, n_devices
):
    def read_text(path):
        if limit is None:
            raise FileNotFoundError(path)
        return limit

    machine = types.SimpleNamespace(available=10_000_000_000)
    process = types.SimpleNamespace(memory_info=lambda: types.SimpleNamespace(rss=1_000_000_000))
    devices = [types.SimpleNamespace(memory_stats=dict)] * n_devices
    monkeypatch.setattr(jax, "local_devices", lambda: devices)
    monkeypatch.setattr(Path, "read_text", read_text)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: machine)
    monkeypatch.setattr(psutil, "Process", lambda: process)
    free = 4_000_000_000 if limit == "5000000000\n" else 10**10
    assert memory.available_bytes() == free // n_devices


@pytest.mark.parametrize(
    ("n", "batch", "numbers"), [(5, 1000, 8 * 1000), (400, 1000, 128 * 1000), (400, 1, 400 * 128)]
)
def test_products_pack_a_block_of_the_larger_operand(n, batch, numbers):
    """Of what is summed over: all in rows of 8, or 128 of it."""
    product = jax.make_jaxpr(jax.numpy.dot)(jax.numpy.ones((400, n)), jax.numpy.ones((n, batch)))
    assert memory.packed(product.jaxpr.eqns) == 4 * numbers
    assert memory.packed([]) == 0


def test_only_a_want_of_memory_is_out_of_memory():
    wanting = jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 5 bytes")
    assert is_out_of_memory(wanting)
    assert not is_out_of_memory(jax.errors.JaxRuntimeError("INTERNAL: RET_CHECK failure"))
    assert not is_out_of_memory(ValueError("RESOURCE_EXHAUSTED"))


def test_a_want_of_memory_becomes_one_line_and_nothing_else_does():
    with pytest.raises(MemoryError, match="^a smaller one$"), out_of_memory_as("a smaller one"):
        raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory\nallocating")
    with pytest.raises(jax.errors.JaxRuntimeError), out_of_memory_as("a smaller one"):
        raise jax.errors.JaxRuntimeError("INTERNAL: RET_CHECK failure")


def test_of_programs_for_several_platforms_that_of_this_device_counts():
    """The other may take far more, as the sum over n by n by batch that a GPU fuses."""

    def chosen(x):
        return jax.lax.platform_dependent(x, cpu=jax.numpy.sin, default=jax.numpy.cos)

    program = jax.make_jaxpr(chosen)(1.0).jaxpr
    names = {each.primitive.name for each in memory.equations(program, looped=True)}
    assert "sin" in names
    assert "cos" not in names
