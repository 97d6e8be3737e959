"""Statistics of the fast generator, by a battery that weak generators must fail.

Each test of the battery turns a stream of 32-bit words into p-values. A generator passes when no
p-value is below FALSE_ALARM / (number of p-values): a true random source fails one case of a
`test_*` function (one stream, all tests of the battery) with probability at most 1e-6, and all the
cases of this file together with at most 4e-5. Streams are fixed, so a result never changes from run
to run.

The streams are those of use: one key and many words, many keys and few words each (seeds, folded
counters, nested splits, keys that differ in one bit), with the words of a key together or one word
of every key in turn.

Tests after Knuth, The Art of Computer Programming 2, 3.3.2, and L'Ecuyer & Simard 2007, TestU01.
"""

import math
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy

from superpos.random.threefry import (
    BULK_ROUNDS,
    FOLD_IN,
    KEY_ROUNDS,
    SPLIT,
    THREEFRY13,
    block,
    seed,
)

FALSE_ALARM = 1e-6
KeyData = np.ndarray
PValues = np.ndarray
Word = Callable[[jax.Array, jax.Array, jax.Array], jax.Array]


# The generators: word(high half of the key, low half, counter), all uint32 and elementwise.


def threefry(rounds: int) -> Word:
    def word(high, low, counter):
        return block((high, low), (jnp.zeros_like(counter), counter), rounds=rounds)[1]

    return word


def congruential(high, low, counter):
    """A quadratic congruential sequence: low bits of short period."""
    return (counter * counter + (counter << 1)) * jnp.uint32(1664525) + (high ^ low)


def xorshift(high, low, counter):
    """Marsaglia's xorshift32 of an additive key: linear over bits, so it is a permutation."""
    x = counter + high * jnp.uint32(5) + low + jnp.uint32(1)
    for _ in range(4):
        x = x ^ (x << 13)
        x = x ^ (x >> 17)
        x = x ^ (x << 5)
    return x


def keyed_hash(high, low, counter):
    """A good hash of key ^ counter: one stream is fine, the streams of two keys are not."""
    x = high ^ low ^ counter
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        x = (x ^ (x >> shift)) * jnp.uint32(factor)
    return x ^ (x >> 16)


def weyl(high, low, counter):
    """Multiples of the golden ratio: far too even."""
    return (counter + high + low) * jnp.uint32(0x9E3779B9)


def biased(high, low, counter):
    """A good generator whose bit 9 is one time in 64 forced to 1."""
    x = threefry(20)(high, low, counter)
    return jnp.where(x >> 26 == 0, x | jnp.uint32(1 << 9), x)


WEAK = {
    "congruential": congruential,
    "xorshift": xorshift,
    "keyed_hash": keyed_hash,
    "weyl": weyl,
    "biased": biased,
    "threefry4": threefry(4),
    "threefry6": threefry(6),
    "threefry8": threefry(8),
    "threefry10": threefry(10),
}
OURS = threefry(BULK_ROUNDS)


# The streams: (high, low, counter) of every word.


def mix(high, low, use: int, data):
    """Both words of the keys that the package derives."""
    uses = jnp.full_like(data, use)
    return block((high, low), (uses, data), rounds=KEY_ROUNDS)


def rows(high, low, n_words: int):
    counter = jnp.arange(n_words, dtype=jnp.uint32)
    return jnp.broadcast_arrays(high[:, None], low[:, None], counter[None])


def one_key(size: int):
    return rows(jnp.uint32([7]), jnp.uint32([2**31]), size)


def raw(size: int):
    """Keys (0, 0), (0, 1), ..., as they are, 64 words each."""
    low = jnp.arange(size // 64, dtype=jnp.uint32)
    return rows(jnp.zeros_like(low), low, 64)


def seeded(size: int):
    """Seeds 0, 1, ..., 64 words each."""
    seeds = jnp.arange(size // 64, dtype=jnp.uint32)
    return rows(*jax.vmap(seed)(seeds).T, 64)


def folded(size: int):
    """Numbers folded into one key, 64 words each."""
    numbers = jnp.arange(size // 64, dtype=jnp.uint32)
    return rows(*mix(jnp.uint32(0), jnp.uint32(1), FOLD_IN, numbers), 64)


def nested(size: int):
    """The leaves of a tree of splits in 8, 64 words each."""
    high, low = jnp.uint32([0]), jnp.uint32([2])
    number = jnp.arange(8, dtype=jnp.uint32)
    while len(high) < size // 64:
        high, low = jax.jit(mix, static_argnums=2)(
            jnp.repeat(high, 8), jnp.repeat(low, 8), SPLIT, jnp.tile(number, len(high))
        )
    return rows(high[: size // 64], low[: size // 64], 64)


def neighbours(size: int):
    """A key and the 64 keys that differ from it in one bit, side by side."""
    bits = jnp.uint32(1) << jnp.arange(32, dtype=jnp.uint32)
    zeros = jnp.zeros(33, jnp.uint32)
    high = jnp.uint32(0x243F6A88) ^ jnp.concatenate([zeros, bits])
    low = jnp.uint32(0x85A308D3) ^ jnp.concatenate([bits, zeros])
    return rows(high, low, size // 65)


STREAMS = {
    "one_key": (one_key, False),
    "raw": (raw, False),
    "raw_across": (raw, True),
    "seeded_across": (seeded, True),
    "folded": (folded, False),
    "folded_across": (folded, True),
    "nested": (nested, False),
    "nested_across": (nested, True),
    "neighbours_across": (neighbours, True),
}


def stream(word: Word, name: str, size: int) -> KeyData:
    """The words of a stream in their order of reading; `across` reads one word of each key."""
    make, across = STREAMS[name]
    table = np.asarray(jax.jit(word)(*make(size)))
    return (table.T if across else table).reshape(-1)


# The battery: words -> p-values.


def chi_square(counts: np.ndarray, expected: np.ndarray | float, freedom: int) -> np.ndarray:
    """Two-sided: counts that are too even fail as well."""
    statistic = ((counts - expected) ** 2 / expected).sum(-1)
    upper, lower = scipy.stats.chi2.sf(statistic, freedom), scipy.stats.chi2.cdf(statistic, freedom)
    return np.minimum(1.0, 2 * np.minimum(upper, lower))


def normal(z: np.ndarray) -> np.ndarray:
    return 2 * scipy.stats.norm.sf(np.abs(z))


def poisson(count: int, mean: float) -> float:
    sides = scipy.stats.poisson.sf(count - 1, mean), scipy.stats.poisson.cdf(count, mean)
    return min(1.0, 2 * min(sides))


def bit_counts(words: KeyData) -> np.ndarray:
    halves = np.ascontiguousarray(words).view(np.uint16).reshape(-1, 2)
    table = np.stack([np.bincount(halves[:, i], minlength=2**16) for i in range(2)])
    ones = (np.arange(2**16)[:, None] >> np.arange(16)) & 1
    return (table @ ones).reshape(-1)


def equidistribution(words: KeyData) -> PValues:
    """Chi-square of each byte and of the high and low 12 bits."""
    octets = np.ascontiguousarray(words).view(np.uint8).reshape(-1, 4)
    p = [
        chi_square(np.bincount(octets[:, i], minlength=256), len(words) / 256, 255)
        for i in range(4)
    ]
    for part in (words >> 20, words & 0xFFF):
        p.append(chi_square(np.bincount(part, minlength=4096), len(words) / 4096, 4095))
    return np.array(p)


def bit_balance(words: KeyData) -> PValues:
    """Each bit is 1 half of the time."""
    return normal((bit_counts(words) - len(words) / 2) / np.sqrt(len(words) / 4))


REVERSED = np.packbits(np.unpackbits(np.arange(256, dtype=np.uint8)), bitorder="little")


def kolmogorov_smirnov(words: KeyData) -> PValues:
    """The words as numbers in [0, 1), and with their bits in reverse order."""
    reverse = REVERSED[np.ascontiguousarray(words).view(np.uint8)].view(np.uint32).byteswap()
    p = []
    for values in (words, reverse):
        u = np.sort(values) * 2.0**-32
        grid = np.arange(len(u) + 1) / len(u)
        distance = max(np.max(grid[1:] - u), np.max(u - grid[:-1]))
        p.append(scipy.special.kolmogorov(distance * np.sqrt(len(u))))
    return np.array(p)


LAGS = (1, 2, 3, 4, 8, 16, 32, 63, 64, 65, 128, 256, 1024, 16384)


def serial_correlation(words: KeyData) -> PValues:
    """Correlation of numbers at many lags."""
    u = (words / 2**32 - 0.5) * np.sqrt(12)
    return normal(
        np.array([u[lag:] @ u[:-lag] / np.sqrt(len(u) - lag) for lag in LAGS if lag < len(u) // 2])
    )


def bit_correlation(words: KeyData) -> PValues:
    """Each bit of a word against the same bit of the word some lags later."""
    z = []
    for lag in LAGS:
        differ = words[lag:] ^ words[:-lag]
        z.append((bit_counts(differ) - len(differ) / 2) / np.sqrt(len(differ) / 4))
    return normal(np.concatenate(z))


WEIGHTS = np.bincount([i.bit_count() for i in range(256)], minlength=9) / 256
WEIGHT_32 = np.array([math.comb(32, k) for k in range(33)]) / 2**32
CLASS_OF = np.digitize(np.arange(33), [14, 16, 17, 19])
CLASSES = np.bincount(CLASS_OF, WEIGHT_32)


def hamming_weights(words: KeyData) -> PValues:
    """The numbers of ones in two words, one or more apart, are independent (25 classes)."""
    kinds = CLASS_OF[np.bitwise_count(words)]
    expected = np.outer(CLASSES, CLASSES).ravel()
    p = []
    for lag in (1, 2, 4, 64, 65, 128):
        pairs = np.bincount(kinds[lag:] * 5 + kinds[:-lag], minlength=25)
        p.append(chi_square(pairs, pairs.sum() * expected, 24))
    return np.array(p)


def hamming_differences(words: KeyData) -> PValues:
    """The number of bits in which two words differ is binomial."""
    p = []
    inner = np.arange(8, 25)
    expected = np.concatenate([[WEIGHT_32[:8].sum()], WEIGHT_32[inner], [WEIGHT_32[25:].sum()]])
    for lag in (1, 2, 4, 64, 65, 128):
        weights = np.clip(np.bitwise_count(words[lag:] ^ words[:-lag]), 7, 25) - 7
        counts = np.bincount(weights, minlength=19)
        p.append(chi_square(counts, counts.sum() * expected, 18))
    return np.array(p)


def birthday_spacings(words: KeyData) -> PValues:
    """Equal spacings among 512 birthdays in a year of 2^24 days, high and low bits."""
    p = []
    n, year = 512, 2**24
    for days in (words >> 8, words & 0xFFFFFF):
        birthdays = np.sort(days[: len(days) // n * n].reshape(-1, n).astype(np.int32), -1)
        spacings = np.sort(np.diff(birthdays, axis=-1), -1)
        equal = int((np.diff(spacings, axis=-1) == 0).sum())
        p.append(poisson(equal, len(birthdays) * n * (n - 1) * (n - 2) / 4 / year))
    return np.array(p)


def collisions(words: KeyData) -> PValues:
    """KeyData that are not new among 2^19, out of the 2^32; a permutation has none."""
    groups = np.sort(words[: len(words) // 2**19 * 2**19].reshape(-1, 2**19), -1)
    repeated = int((groups[:, 1:] == groups[:, :-1]).sum())
    return np.array([poisson(repeated, len(groups) * 2.0**38 / 2**33)])


def rank(rows: np.ndarray) -> np.ndarray:
    """Ranks over bits of matrices with 64 rows of 64 bits, (n, 64) -> (n,)."""
    rows, found = rows.copy(), np.zeros(len(rows), int)
    which = np.arange(len(rows))
    for bit in range(64):
        has = (rows >> np.uint64(bit)) & np.uint64(1) != 0
        pivot = np.argmax(has, axis=1)
        any_row = has[which, pivot]
        row = np.where(any_row, rows[which, pivot], np.uint64(0))
        rows ^= np.where(has, row[:, None], np.uint64(0))
        found += any_row
    return found


FULL = np.prod(1 - 0.5 ** np.arange(1.0, 65.0))
RANKS = np.array([FULL, 2 * FULL, 1 - 3 * FULL])
"""Probability that a random 64 by 64 matrix of bits has rank 64, 63, less (error below 2^-60)."""


def matrix_rank(words: KeyData) -> PValues:
    """Ranks of 64 by 64 matrices: of whole words, and of the high and of the low bits alone."""
    size = min(len(words) // 4096 * 4096, 2**22)
    whole = np.ascontiguousarray(words[:size]).view(np.uint64).reshape(-1, 64)
    p = []
    singles = words[:size].reshape(-1, 64, 64)
    weights = np.uint64(1) << np.arange(64, dtype=np.uint64)
    kinds = [whole]
    for bit in (31, 0):
        digits = ((singles >> np.uint32(bit)) & np.uint32(1)).astype(np.uint64)
        kinds.append((digits * weights).sum(-1, dtype=np.uint64))
    for rows_ in kinds:
        counts = np.bincount(np.clip(64 - rank(rows_), 0, 2), minlength=3)
        p.append(chi_square(counts, counts.sum() * RANKS, 2))
    return np.array(p)


def runs(words: KeyData) -> PValues:
    """Turning points, orders of five words, and lengths of runs of the high and low bits."""
    u = words.astype(np.int64)
    up = u[1:] > u[:-1]
    turns, n = int((up[1:] != up[:-1]).sum()), len(words)
    p = [float(normal(np.array((turns - 2 * (n - 2) / 3) / np.sqrt((16 * n - 29) / 90))))]
    fives = u[: n // 5 * 5].reshape(-1, 5)
    order = np.zeros(len(fives), int)
    for i in range(1, 5):
        order = order * (i + 1) + (fives[:, :i] < fives[:, i : i + 1]).sum(-1)
    p.append(chi_square(np.bincount(order, minlength=120), len(fives) / 120, 119))
    for bit in (31, 0):
        digits = (words >> np.uint32(bit)) & np.uint32(1)
        lengths = np.diff(np.flatnonzero(np.diff(digits)))
        counts = np.bincount(np.minimum(lengths, 12), minlength=13)[1:]
        expected = 0.5 ** np.minimum(np.arange(1, 13), 11)
        p.append(chi_square(counts, counts.sum() * expected, 11))
    return np.array(p)


BATTERY = {
    test.__name__: test
    for test in (
        equidistribution,
        bit_balance,
        kolmogorov_smirnov,
        serial_correlation,
        bit_correlation,
        hamming_weights,
        hamming_differences,
        birthday_spacings,
        collisions,
        matrix_rank,
        runs,
    )
}


def flips(word: Word, inputs: tuple[np.ndarray, ...]) -> Iterator[KeyData]:
    """What flipping each of the 64 bits of the key and the 32 of the counter changes."""
    compiled = jax.jit(word)
    before = np.asarray(compiled(*inputs))
    for place in range(3):
        for bit in range(32):
            flipped = list(inputs)
            flipped[place] = inputs[place] ^ np.uint32(1 << bit)
            yield before ^ np.asarray(compiled(*flipped))


def avalanche(word: Word, inputs: tuple[np.ndarray, ...]) -> PValues:
    """Every bit of a word changes half of the time, as do both of two neighbours."""
    p = []
    for change in flips(word, inputs):
        neighbour = (change >> 1) | (change << 31)
        p += [bit_balance(change), bit_balance(change ^ neighbour)]
    return np.concatenate(p)


def random_inputs(size: int) -> tuple[np.ndarray, ...]:
    high, low, counter = np.random.default_rng(0).integers(0, 2**32, (3, size), dtype=np.uint32)
    return high, low, counter


def small_inputs(size: int) -> tuple[np.ndarray, ...]:
    """Keys (0, 0), (0, 1), ... and the first 64 counters of each."""
    index = np.arange(size, dtype=np.uint32)
    return np.zeros_like(index), index // np.uint32(64), index % np.uint32(64)


def between_keys(words: KeyData) -> PValues:
    """Correlation of the numbers of every two of 256 keys, at the same counters."""
    u = (words.reshape(256, -1) / 2**32 - 0.5) * np.sqrt(12)
    return normal((u @ u.T / np.sqrt(u.shape[1]))[np.triu_indices(256, 1)])


def passes(p: PValues) -> bool:
    assert np.all(np.isfinite(p))
    return bool(p.min() > FALSE_ALARM / p.size)


FAST, LONG, LONGEST = 2**20, 2**21, 2**25


@pytest.mark.slow
@pytest.mark.parametrize("name", STREAMS)
def test_streams_pass_the_battery(name):
    """9 streams of 2^21 words; that the battery fails weak ones takes 2^20."""
    words = stream(OURS, name, LONG)
    p = {test: BATTERY[test](words) for test in BATTERY}
    assert passes(np.concatenate(list(p.values()))), {test: p[test].min() for test in p}


@pytest.mark.parametrize(
    ("test", "weak", "name"),
    [
        ("equidistribution", "weyl", "one_key"),
        ("equidistribution", "keyed_hash", "raw"),
        ("bit_balance", "biased", "folded"),
        ("kolmogorov_smirnov", "congruential", "one_key"),
        ("serial_correlation", "threefry4", "folded_across"),
        ("bit_correlation", "threefry6", "folded_across"),
        ("bit_correlation", "threefry10", "raw"),
        ("hamming_weights", "threefry6", "raw"),
        ("hamming_differences", "threefry6", "neighbours_across"),
        ("birthday_spacings", "keyed_hash", "neighbours_across"),
        ("birthday_spacings", "threefry8", "raw"),
        ("collisions", "xorshift", "one_key"),
        ("collisions", "keyed_hash", "one_key"),
        ("matrix_rank", "xorshift", "one_key"),
        ("matrix_rank", "congruential", "folded_across"),
        ("runs", "weyl", "folded_across"),
        ("runs", "threefry6", "one_key"),
    ],
)
def test_weak_generators_fail_the_battery(test, weak, name):
    assert not passes(BATTERY[test](stream(WEAK[weak], name, FAST)))


def test_every_test_of_the_battery_is_failed_by_a_weak_generator():
    mark = next(m for m in test_weak_generators_fail_the_battery.pytestmark)
    assert {case[0] for case in mark.args[1]} == set(BATTERY)
    assert {case[1] for case in mark.args[1]} == set(WEAK)


DERIVED = {
    "bits": OURS,
    "fold_in": lambda high, low, data: mix(high, low, FOLD_IN, data)[0],
    "split": lambda high, low, data: mix(high, low, SPLIT, data)[1],
}


@pytest.mark.slow
@pytest.mark.parametrize("make", [random_inputs, small_inputs])
@pytest.mark.parametrize("name", DERIVED)
def test_every_bit_of_the_key_and_the_counter_matters(name, make):
    assert passes(avalanche(DERIVED[name], make(2**17)))


@pytest.mark.slow
@pytest.mark.parametrize("weak", ["congruential", "xorshift", "threefry6"])
@pytest.mark.parametrize("make", [random_inputs, small_inputs])
def test_weak_generators_fail_the_avalanche(weak, make):
    assert not passes(avalanche(WEAK[weak], make(2**14)))


@pytest.mark.parametrize("name", ["raw", "folded", "nested"])
def test_keys_are_uncorrelated(name):
    high, low, _ = STREAMS[name][0](256 * 64)
    table = jax.jit(OURS)(*rows(high[:, 0], low[:, 0], 4096))
    assert passes(between_keys(np.asarray(table).ravel()))


@pytest.mark.parametrize("weak", ["weyl", "threefry4"])
def test_weak_keys_are_correlated(weak):
    high, low, _ = raw(256 * 64)
    table = jax.jit(WEAK[weak])(*rows(high[:, 0], low[:, 0], 4096))
    assert not passes(between_keys(np.asarray(table).ravel()))


@pytest.mark.slow
def test_numbers_of_jax_random_have_their_distributions():
    key = jax.random.key(0, impl=THREEFRY13)
    draw = {
        "uniform": lambda k: jax.random.uniform(k, (5, 64)),
        "normal": lambda k: jax.random.normal(k, (5, 64)),
        "exponential": lambda k: jax.random.exponential(k, (5, 64)),
        "bernoulli": lambda k: jax.random.bernoulli(k, 0.05, (5, 64)),
    }
    steps = jnp.arange(1024)
    p = []
    for number, name in enumerate(draw):
        one = jax.random.fold_in(jax.random.clone(key), number)
        keys = jax.vmap(jax.random.fold_in, (None, 0))(one, steps)
        values = np.asarray(jax.jit(jax.vmap(draw[name]))(keys)).ravel()
        if name == "bernoulli":
            p.append(scipy.stats.binomtest(int(values.sum()), values.size, 0.05).pvalue)
        else:
            law = {"uniform": "uniform", "normal": "norm", "exponential": "expon"}[name]
            p.append(scipy.stats.kstest(values.astype(np.float64), law, method="asymp").pvalue)
    assert passes(np.array(p))


@pytest.mark.slow
def test_streams_are_what_jax_random_gives():
    root = jax.random.wrap_key_data(jnp.uint32([0, 1]), impl=THREEFRY13)
    keys = jax.vmap(jax.random.fold_in, (None, 0))(root, jnp.arange(50))
    bits = jax.vmap(lambda k: jax.random.bits(k, (64,)))(keys)
    np.testing.assert_array_equal(stream(OURS, "folded", 50 * 64), np.asarray(bits).ravel())


def dieharder(words: KeyData, number: int) -> PValues:
    """P-values of one test of Brown's dieharder, which reads the words from its input."""
    command = ["dieharder", "-g", "200", "-p", "8", "-d", str(number)]
    report = subprocess.run(command, input=words.tobytes(), capture_output=True, check=True).stdout
    found = re.findall(r"\|\s*([01]\.\d+)\|\s*(?:PASSED|WEAK|FAILED)", report.decode())
    return np.array([float(p) for p in found])


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("dieharder") is None, reason="dieharder is not installed")
@pytest.mark.parametrize("number", [0, 1, 2, 8, 15], ids="test{}".format)
def test_dieharder(number):
    """Birthday spacings, overlapping permutations, ranks, counted ones, runs."""
    assert passes(dieharder(stream(OURS, "folded_across", LONGEST), number))
    assert not passes(dieharder(stream(WEAK["weyl"], "one_key", LONGEST), number))
