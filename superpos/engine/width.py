"""How many members run together on a device: by memory, cache size and measured throughput."""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax

from superpos.engine.plan import even_width
from superpos.engine.program import Program
from superpos.engine.tracing import TooLargeError
from superpos.memory import available_bytes, is_out_of_memory
from superpos.store.width import Width

MEMORY_FRACTION = 0.6
"""Part of the free memory that the chunks of all devices may take, unless told."""
FIRST_ON_CPU, FIRST_ELSEWHERE = 32, 4096
"""Members in the first chunk that is compiled."""
CACHE_BYTES = 0.75 * 2**20
"""The largest array of an update with which a core is at full speed; three or four of its size are
at work at once. Measured at 5→2 and 20→5 on two cores with 1 MiB of second level cache each: with
four times as much, a model-step takes 1.3 to 2 times as long."""
TIMES_SHARED = 4
"""How many times the largest array that members share they are to have together. Measured of 16
autoencoders 64→256 on a stream of 1,024 features: 8 in a chunk take half the time of 1."""
WORTH_BLOCKS = 100
"""A block is run for its time alone when the whole sweep has this many on each device."""
MIN_PAYOFF = 20
"""A width is tried when the whole sweep takes this many times as long as trying it."""
MAX_RELATIVE_TIME = 0.95
"""A width is better when a member takes at most this part of the time it took before."""


class TrainError(Exception):
    """A program that cannot be compiled, as one line."""


class Search(NamedTuple):
    """What there is to choose from.

    Attributes:
        compile: compiles a chunk of a width.
        looped: bytes of the largest array of a chunk that is computed anew in every update.
        seconds_per_block: measures a program.
        largest: seeds and points of the whole sweep.
        n_devices: devices, each of which is to have a chunk.
        memory_fraction: part of the free memory that the chunks may take, in (0, 1].
    """

    compile: Callable[[Width], Program]
    looped: Callable[[Width], int]
    seconds_per_block: Callable[[Program], float]
    largest: Width
    n_devices: int
    memory_fraction: float

    def width(self, most: float) -> Width:
        """The width of at most `most` members that leaves a chunk for every device."""
        n_each = -(-self.largest.n_members // self.n_devices)
        return even_width(*self.largest, max(1, min(int(most), n_each)))

    def budget(self) -> float:
        """Bytes that a chunk may take."""
        return self.memory_fraction * available_bytes()


def choose(
    search: Search, *, given: Width | None, asked: int | None, measured: bool = True
) -> Program:
    """Compile a chunk of the width given, or of the members asked for, or of the best size.

    Args:
        search: what there is to choose from.
        given: the width of a sweep that goes on.
        asked: members of a chunk, as the caller asked for: so many points of one seed, whatever
            else is in the sweep, since bits depend on the width.
        measured: whether widths are tried against the clock, so that what else the machine does
            may decide between them.

    Returns:
        The program; narrower than said where memory does not allow more.

    Raises:
        MemoryError: a chunk of one member does not fit; one line.
        TrainError: a chunk of one member does not compile; one line.
    """
    fixed = given or (Width(1, asked) if asked else None)
    width = fixed or first(search)
    program = compile_to_fit(search, width)
    if fixed or program.width != width or not measured:
        return program
    return fastest(search, program)


def first(search: Search) -> Width:
    """The width to begin with, found without compiling: on a CPU, what just fits into the cache.

    Members share what they draw, so there are also enough of them that the largest array that all
    share is a quarter of theirs.
    """
    if not _is_cpu():
        return search.width(FIRST_ELSEWHERE)
    width = search.width(FIRST_ON_CPU)
    try:
        of_member = max(1.0, search.looped(width) / width.n_members)
        within = search.width(CACHE_BYTES / of_member)
        if 0.5 <= within.n_members / width.n_members <= 2:
            return width
        shared = search.looped(within)
    except TooLargeError:
        return width
    enough = search.width(TIMES_SHARED * shared / of_member)
    alone = shared <= within.n_members * of_member
    return within if alone or enough.n_members < within.n_members else enough


def compile_to_fit(search: Search, width: Width) -> Program:
    """Compile a chunk of that width, or of the largest below it that compiles and fits into memory.

    Raises:
        MemoryError: a chunk of one member does not fit; one line.
        TrainError: a chunk of one member does not compile; one line.
    """
    budget = search.budget()
    while True:
        try:
            program = search.compile(width)
        except jax.errors.JaxRuntimeError as error:
            width = narrower(width, error)
            continue
        except TooLargeError as error:
            if width.n_members == 1:
                raise
            own = error.n_bytes
        else:
            own = _own(program)
            if own <= budget:
                return program
            if width.n_members == 1:
                raise MemoryError(
                    f"one member needs {own / 2**30:.3g} GiB and {budget / 2**30:.3g} GiB"
                    " may be used; a smaller model or fit.batch_size would fit"
                )
        # Memory grows in proportion to the width, so halve as often as that says.
        most = max(1.0, width.n_members * budget / own)
        while width.n_members > most:
            width = width.halved()


def fastest(search: Search, program: Program) -> Program:
    """Try wider chunks, or else narrower ones, by fours, for as long as that can pay."""
    n_runs = search.largest.n_members / search.n_devices  # on each device
    if n_runs / program.width.n_members * program.schedule.n_blocks < WORTH_BLOCKS:
        return program
    budget = search.budget()
    best, seconds = program, _seconds_per_member(search, program)
    if seconds == math.inf:
        return program
    for factor in (4, 1 / 4):
        begun = best
        while True:
            width = search.width(factor * best.width.n_members)
            trying = program.seconds + 2 * seconds * width.n_members
            pays = n_runs * program.schedule.n_blocks * seconds > MIN_PAYOFF * trying
            if width == best.width or factor * _own(best) > budget or not pays:
                break
            tried = _compiled(search, width)
            if tried is None or _own(tried) > budget:
                break
            now = _seconds_per_member(search, tried)
            if now > MAX_RELATIVE_TIME * seconds:
                break
            best, seconds = tried, now
        if best is not begun:
            break
    return best


def narrower(width: Width, error: Exception) -> Width:
    """The width to go on with where a chunk of that width failed.

    Raises:
        MemoryError: one member alone ran out of memory; one line.
        TrainError: one member alone failed for another reason; one line.
    """
    if width.n_members > 1:
        return width.halved()
    if is_out_of_memory(error):
        text = "one member runs out of memory; a smaller model or fit.batch_size would fit"
        raise MemoryError(text) from None
    reason = next(iter(str(error).splitlines()), "")
    raise TrainError(f"one member alone does not compile: {reason}") from None


def _compiled(search: Search, width: Width) -> Program | None:
    """A program to try; None where it does not compile."""
    try:
        return search.compile(width)
    except (jax.errors.JaxRuntimeError, TooLargeError):
        return None


def _seconds_per_member(search: Search, program: Program) -> float:
    """Measured seconds a block and member; inf where the memory does not do after all."""
    try:
        return search.seconds_per_block(program) / program.width.n_members
    except jax.errors.JaxRuntimeError as error:
        if not is_out_of_memory(error):
            raise
        return math.inf


def _own(program: Program) -> int:
    """Memory that a chunk takes, without assets, which are in memory before the budget is known."""
    return program.n_bytes - program.n_bytes_assets


def _is_cpu() -> bool:
    return jax.local_devices()[0].platform == "cpu"
