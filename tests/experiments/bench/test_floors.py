"""What a floor counts, against counts by hand; a time is only looked at for being one."""

import jax.numpy as jnp

from experiments.bench import floors, members, peak
from experiments.bench.cases import Case


def test_products_are_counted_by_the_order_that_takes_fewer() -> None:
    """Five of n by m by batch, or two of n by n by batch."""
    assert floors.flops(Case(400, 30, 8)) == 2 * 1024 * 5 * 400 * 30
    assert floors.flops(Case(5, 2, 8)) == 2 * 1024 * 2 * 5 * 5  # as 5 x 2 x 5 x 2
    assert floors.flops(Case(4, 3, 8)) == 2 * 1024 * 2 * 4 * 4


def test_the_floor_of_a_case_is_measured() -> None:
    found = floors.floors([Case(100, 4, 2, 8), Case(3, 1, 2, 8)])
    large, small = found["cases"]
    assert found["peak_gflops"] > 0.1
    assert large["products_us"] == 1e-3 * 2 * 8 * 5 * 100 * 4 / found["peak_gflops"]
    assert large["random_us"] == 1e-3 * 100 * 8 * found["ns_per_number"] > 0
    assert large["products_alone_us"] > 0
    assert small["products_alone_us"] is None


def test_a_time_is_that_of_all_devices_over_their_number() -> None:
    assert 0 < peak.seconds_each(jnp.add, peak.normal(2), peak.normal(2)) < 1


def test_a_sweep_of_few_members_is_measured() -> None:
    found = members.measured(100)
    assert found["members"] == 100
    assert 0 < found["compile_s"] < found["seconds"]
    assert 0.01 < found["store_mib"] < 1
    assert found["files"] > 3
    assert found["open_s"] > 0
