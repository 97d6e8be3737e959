"""How wide a chunk is, with programs that are not compiled and times that are made up."""

import types

import jax
import numpy as np
import pytest

from superpos.engine import width as widths
from superpos.engine.program import compile_chunk
from superpos.engine.width import (
    CACHE_BYTES,
    Search,
    choose,
    compile_to_fit,
    fastest,
    first,
)
from superpos.store.width import Width

ALL = Width(1, 2**20)


class Fake:
    """A Search whose programs take made-up bytes and seconds, and the widths it compiled."""

    def __init__(
        self,
        *,
        member=10,
        fixed=0,
        within=10**9,
        shared=0,
        seconds=lambda n: 1e-3,
        largest=ALL,
        n_devices=1,
        n_blocks=1000,
        fraction=1.0,
        compiling=0.01,
        compilable=10**9,
        assets=0,
    ):
        self.compiled, self.timed = [], []
        schedule = types.SimpleNamespace(n_blocks=n_blocks)

        def compile_width(width):
            self.compiled.append(width)
            if width.n_members > compilable:
                raise jax.errors.JaxRuntimeError("INTERNAL: no")
            n_bytes = fixed + member * width.n_members
            return types.SimpleNamespace(
                width=width,
                n_bytes=n_bytes + assets,
                n_bytes_assets=assets,
                seconds=compiling,
                schedule=schedule,
            )

        def looped(width):
            return max(shared, min(fixed + member * width.n_members, within))

        def seconds_per_block(program):
            self.timed.append(program.width)
            return program.width.n_members * seconds(program.width.n_members)

        self.search = Search(compile_width, looped, seconds_per_block, largest, n_devices, fraction)

    def at(self, n_members):
        """A program that wide, which the search did not compile."""
        program = self.search.compile(Width(1, n_members))
        self.compiled.clear()
        return program


@pytest.fixture
def memory(monkeypatch):
    """Set the free memory, which is plenty at first."""

    def memory(n_bytes):
        monkeypatch.setattr(widths, "available_bytes", lambda: n_bytes)

    memory(2**50)
    return memory


def n_members(programs):
    return [width.n_members for width in programs]


@pytest.fixture
def fitted(memory):
    """`compile_to_fit` at 20 bytes a chunk and 10 a member, and the widths it compiled."""

    def fitted(width, *, available, fraction=1.0):
        memory(available)
        fake = Fake(member=10, fixed=20, fraction=fraction)
        return compile_to_fit(fake.search, width).width, fake.compiled

    return fitted


def test_a_chunk_that_fits_keeps_its_width(fitted):
    assert fitted(Width(2, 64), available=1300) == ((2, 64), [(2, 64)])
    assert fitted(Width(2, 64), available=2600, fraction=0.5)[0] == (2, 64)
    assert fitted(Width(2, 64), available=2599, fraction=0.5)[0] == (2, 32)


@pytest.mark.parametrize("available", [1299, 700, 660, 200, 60, 31, 30])
@pytest.mark.parametrize("width", [Width(2, 64), Width(64, 2), Width(1, 100), Width(7, 13)])
def test_a_chunk_is_halved_until_it_fits_and_no_further(fitted, available, width):
    found, compiled = fitted(width, available=available)
    halves = [width]
    while halves[-1].n_members > 1:
        halves.append(halves[-1].halved())
    assert found == next(half for half in halves if 20 + 10 * half.n_members <= available)
    assert len(compiled) <= 4  # and not at each of the up to seven halvings


def test_assets_are_not_counted_again_as_they_are_in_memory_before(memory):
    memory(1300)
    fake = Fake(member=10, fixed=20, assets=10**9)
    assert compile_to_fit(fake.search, Width(2, 64)).width == (2, 64)
    assert compile_to_fit(fake.search, Width(2, 65)).width == (2, 33)


@pytest.mark.parametrize(("available", "fraction"), [(29, 1.0), (60, 0.4), (0, 1.0), (-5, 1.0)])
def test_a_member_that_does_not_fit_is_refused_in_one_line(fitted, available, fraction, one_line):
    with pytest.raises(MemoryError) as refusal:
        fitted(Width(2, 3), available=available, fraction=fraction)
    assert one_line(refusal, "one member needs", "GiB", "fit.batch_size")


@pytest.mark.slow
def test_a_small_memory_narrows_a_real_program(make_toy, memory):
    points = {"target": np.float32([0.1, 0.2, 0.3])}

    def compile_width(width):
        dtype = jax.random.key(0).dtype
        return compile_chunk(make_toy(), points, width, dtype, jax.local_devices())

    wide = compile_width(Width(1, 64)).n_bytes
    memory(wide - 1)
    chunk = compile_to_fit(Search(compile_width, None, None, ALL, 1, 1.0), Width(1, 64))
    assert (chunk.width, chunk.shapes.carry.params["W"].shape) == ((1, 32), (1, 32, 2))
    assert chunk.n_bytes < wide


# The fastest member is in a chunk of so many; each factor of two away costs a fifth.
def fastest_at(best):
    return lambda n: 1e-3 * (1 + 0.2 * abs(np.log2(n / best)))


@pytest.mark.parametrize(
    ("best", "found", "tried"),
    [
        (64, 64, [64, 256, 16]),  # neither
        (1024, 1024, [64, 256, 1024, 4096]),  # wider, and then narrower is not tried
        (4, 4, [64, 256, 16, 4, 1]),  # narrower
    ],
)
def test_the_width_moves_by_fours_to_where_a_member_is_fastest(memory, best, found, tried):
    fake = Fake(seconds=fastest_at(best))
    program = fastest(fake.search, fake.at(64))
    assert program.width.n_members == pytest.approx(found, rel=0.05)
    assert n_members(fake.timed) == pytest.approx(tried, rel=0.05)
    assert len(fake.compiled) == len(set(fake.compiled)) == len(tried) - 1


@pytest.mark.parametrize(("part", "found"), [(0.94, 16), (0.96, 64)])
def test_a_gain_within_the_noise_is_no_gain(memory, part, found):
    fake = Fake(seconds=lambda n: 1e-3 * (part if n == 16 else 1.0))
    assert fastest(fake.search, fake.at(64)).width.n_members == found


@pytest.mark.parametrize(("n_blocks", "n_timed"), [(99, 0), (100, 1)])
def test_no_block_is_timed_in_a_sweep_of_few_blocks(memory, n_blocks, n_timed):
    # One chunk on each of two devices; compiling would never pay.
    fake = Fake(largest=Width(2, 64), n_devices=2, n_blocks=n_blocks, compiling=1e9)
    program = fake.at(64)
    assert fastest(fake.search, program) is program
    assert len(fake.timed) == n_timed
    assert fake.compiled == []


@pytest.mark.parametrize(("compiling", "tries"), [(1639.0, False), (1637.0, True)])
def test_a_width_is_tried_where_the_sweep_takes_twenty_times_as_long(memory, compiling, tries):
    # 2^15 members in 1000 blocks of 1 ms take 32768 s; two blocks of 256 members take half one.
    fake = Fake(largest=Width(1, 2**15), compiling=compiling, seconds=lambda n: 1e-3)
    fastest(fake.search, fake.at(64))
    assert bool(fake.compiled) is tries


def test_a_width_that_does_not_compile_is_not_taken(memory):
    fake = Fake(seconds=fastest_at(2**20), compilable=1024)
    assert fastest(fake.search, fake.at(32)).width.n_members == pytest.approx(512, rel=0.05)
    assert choose(fake.search, given=Width(1, 4096), asked=None).width == (1, 1024)


def test_no_width_is_tried_beyond_the_memory(memory):
    fake = Fake(member=10, seconds=fastest_at(2**20), fraction=0.5)
    memory(2 * 10 * 1024)
    assert fastest(fake.search, fake.at(64)).width.n_members == pytest.approx(1024, rel=0.05)
    assert max(n_members(fake.compiled)) <= 1024


@pytest.mark.parametrize("n_devices", [1, 3, 8, 100])
@pytest.mark.parametrize("largest", [Width(5, 40), Width(1, 200), Width(200, 1), Width(1, 1)])
def test_every_device_gets_a_chunk_however_fast_wide_chunks_are(memory, n_devices, largest):
    fake = Fake(largest=largest, n_devices=n_devices, n_blocks=10**9, seconds=fastest_at(10**6))
    program = choose(fake.search, given=None, asked=None)
    n_each = -(-largest.n_members // n_devices)
    assert program.width.n_members <= n_each
    assert program.width.n_seeds <= largest.n_seeds
    assert program.width.n_points <= largest.n_points
    assert max(n_members(fake.compiled)) <= n_each


@pytest.mark.parametrize(
    ("per_member", "found"),
    [(CACHE_BYTES / 512, 512), (CACHE_BYTES / 2, 2), (CACHE_BYTES * 3, 1), (1e-9, 2**19)],
)
def test_a_chunk_is_as_wide_as_the_cache_is(memory, per_member, found):
    fake = Fake(member=per_member)
    assert first(fake.search).n_members == pytest.approx(found, rel=0.01)
    assert fake.compiled == []


@pytest.mark.parametrize("n_fitting", [16, 32, 64])
def test_a_chunk_that_about_fills_the_cache_is_left_as_it_is(memory, n_fitting):
    assert first(Fake(member=CACHE_BYTES / n_fitting).search).n_members == 32


@pytest.mark.parametrize(
    ("shared", "found"),
    [
        (CACHE_BYTES, 1),  # no more than a member has
        (3 * CACHE_BYTES, 4 * 3 / 2),  # a member has twice the cache
        (40 * CACHE_BYTES, 4 * 40 / 2),
        (1e9 * CACHE_BYTES, 4 * 32),  # more than 32 members have, with which it was compared
    ],
)
def test_enough_members_share_a_large_draw(memory, shared, found):
    fake = Fake(member=2 * CACHE_BYTES, shared=shared, within=1e30, largest=Width(1, 1000))
    assert first(fake.search).n_members == pytest.approx(found, rel=0.1)


def test_a_chunk_of_the_size_of_the_cache_is_within_the_memory(memory):
    # What is given and kept counts for the memory and not for the cache.
    memory(1000 * 100)
    fake = Fake(member=1000, within=32)
    program = choose(fake.search, given=None, asked=None)
    assert program.n_bytes <= 1000 * 100


def test_an_accelerator_has_no_cache_to_fit_and_starts_wide(memory, monkeypatch):
    device = types.SimpleNamespace(platform="gpu")
    monkeypatch.setattr(jax, "local_devices", lambda: [device])
    fake = Fake(largest=Width(1, 2**13), n_blocks=1)
    assert choose(fake.search, given=None, asked=None).width.n_members == 4096
    assert n_members(fake.compiled) == [4096]


@pytest.mark.parametrize(
    ("given", "asked", "found"),
    [
        (None, 7, (1, 7)),
        (None, 1000, (1, 1000)),  # more than there are, so that bits are those of a wider sweep
        (Width(3, 5), None, (3, 5)),
        (Width(3, 5), 7, (3, 5)),
        (Width(9, 99), None, (9, 99)),  # of a store that held more
    ],
)
def test_a_width_that_is_said_is_taken_as_it_is(memory, given, asked, found):
    fake = Fake(largest=Width(4, 70), seconds=fastest_at(10**6), n_blocks=10**9)
    assert choose(fake.search, given=given, asked=asked).width == found
    assert fake.compiled == [found]
    assert fake.timed == []


def test_a_width_that_memory_made_narrower_is_not_tried_wider(memory):
    memory(10 * 8)
    fake = Fake(member=10, seconds=fastest_at(10**6), n_blocks=10**9)
    assert 4 < choose(fake.search, given=None, asked=None).width.n_members <= 8
    assert fake.timed == []


def test_a_long_sweep_on_a_cpu_takes_the_fastest_width_by_cache_and_time(memory):
    fake = Fake(member=CACHE_BYTES / 1024, seconds=fastest_at(4096))
    program = choose(fake.search, given=None, asked=None)
    assert n_members(fake.compiled) == pytest.approx([1024, 4096, 16384], rel=0.05)
    assert program.width.n_members == pytest.approx(4096, rel=0.05)
    assert len(set(fake.compiled)) == 3


def test_without_measuring_the_width_no_clock_is_read(memory):
    """However fast each width seems: the same width, by the cache alone."""
    for best in (1, 4096, 10**6):
        fake = Fake(member=CACHE_BYTES / 1024, seconds=fastest_at(best), n_blocks=10**9)
        program = choose(fake.search, given=None, asked=None, measured=False)
        assert program.width.n_members == pytest.approx(1024, rel=0.05)
        assert fake.timed == []


def test_a_width_that_runs_out_of_memory_when_measured_is_not_taken(memory):
    """Memory is said to do, and then does not: for the wider chunk, or for the first."""
    fake = Fake()

    def measure(largest):
        def seconds(program):
            if program.width.n_members > largest:
                raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory")
            return 1000.0 * program.width.n_members

        return fake.search._replace(seconds_per_block=seconds)

    first = fake.at(32)
    for largest in (32, 1):
        assert fastest(measure(largest), first).width.n_members <= 32
