import subprocess
import sys
from typing import get_args

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import Mesh, PartitionSpec

import superpos.random
from superpos.arguments import ArgumentError
from superpos.random import THREEFRY13, implementation, key
from superpos.random.threefry import block, count, random_bits, split

ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24]
ZEROS, ONES, PI = "0 0", "ffffffff ffffffff", "243f6a88 85a308d3"
KNOWN_ANSWERS = [
    # rounds, counter, key, answer: tests/kat_vectors of Random123.
    (13, ZEROS, ZEROS, "9d1c5ec6 8bd50731"),
    (13, ONES, ONES, "fd36d048 2d17272c"),
    (13, PI, "13198a2e 03707344", "ba3e4725 f27d669e"),
    (20, ZEROS, ZEROS, "6b200159 99ba4efe"),
    (20, ONES, ONES, "1cb996fc bb002be7"),
    (20, PI, "13198a2e 03707344", "c4923a9c 483df7a0"),
]

SAMPLERS = {
    "bits": lambda k: jax.random.bits(k, (3, 5)),
    "bits8": lambda k: jax.random.bits(k, (3, 5), jnp.uint8),
    "bits16": lambda k: jax.random.bits(k, (3, 5), jnp.uint16),
    "uniform": lambda k: jax.random.uniform(k, (3, 5)),
    "scalar": lambda k: jax.random.uniform(k),
    "empty": lambda k: jax.random.uniform(k, (0, 5)),
    "normal": lambda k: jax.random.normal(k, (3, 5)),
    "bernoulli": lambda k: jax.random.bernoulli(k, 0.3, (3, 5)),
    "randint": lambda k: jax.random.randint(k, (3, 5), 0, 17),
    "categorical": lambda k: jax.random.categorical(k, jnp.zeros(4), shape=(6,)),
    "permutation": lambda k: jax.random.permutation(k, 7),
    "exponential": lambda k: jax.random.exponential(k, (3, 5)),
    "truncated_normal": lambda k: jax.random.truncated_normal(k, -1.0, 1.0, (3, 5)),
    "orthogonal": lambda k: jax.random.orthogonal(k, 3),
    "split": lambda k: jax.random.key_data(jax.random.split(k, (2, 3))),
    "fold_in": lambda k: jax.random.key_data(jax.random.fold_in(k, 9)),
    "chain": lambda k: jax.random.bits(jax.random.split(jax.random.fold_in(k, 4))[1], (5,)),
}
INTEGER = [name for name in SAMPLERS if name.startswith("bits") or name in ("split", "chain")]


def words(text: str) -> list[int]:
    return [int(word, 16) for word in text.split()]


def numpy_block(key: list[int], counter: list[int], rounds: int) -> list[int]:
    """Threefry-2x32 in Python integers, one block, from the paper and not from the package."""
    mask = 2**32 - 1
    schedule = [*key, 0x1BD11BDA ^ key[0] ^ key[1]]
    left, right = ((c + k) & mask for c, k in zip(counter, key, strict=True))
    for done in range(rounds):
        left = (left + right) & mask
        turn = ROTATIONS[done % 8]
        right = ((right << turn) | (right >> (32 - turn))) & mask
        right ^= left
        if done % 4 == 3:
            injection = done // 4 + 1
            left = (left + schedule[injection % 3]) & mask
            right = (right + schedule[(injection + 1) % 3] + injection) & mask
    return [left, right]


def wrap(high: int, low: int) -> jax.Array:
    return jax.random.wrap_key_data(jnp.array([high, low], jnp.uint32), impl=THREEFRY13)


def data(keys: jax.Array) -> np.ndarray:
    return np.asarray(jax.random.key_data(keys))


def assert_same(got: jax.Array, expected: jax.Array) -> None:
    assert got.dtype == expected.dtype
    np.testing.assert_array_equal(np.asarray(got), np.asarray(expected))


@pytest.mark.parametrize(("rounds", "counter", "secret", "answer"), KNOWN_ANSWERS)
def test_blocks_give_the_known_answers(rounds, counter, secret, answer):
    pair = [tuple(jnp.uint32(word) for word in words(text)) for text in (secret, counter)]
    got = [int(word) for word in block(*pair, rounds=rounds)]
    assert got == words(answer) == numpy_block(words(secret), words(counter), rounds)


@pytest.mark.parametrize("rounds", range(1, 21))
def test_every_number_of_rounds_agrees_with_python_integers(rounds):
    rng = np.random.default_rng(rounds)
    secret, counter = rng.integers(0, 2**32, (2, 2, 20), dtype=np.uint32)
    got = np.stack(block(tuple(secret), tuple(counter), rounds=rounds))
    for i in range(20):
        expected = numpy_block(secret[:, i].tolist(), counter[:, i].tolist(), rounds)
        assert got[:, i].tolist() == expected


def test_twenty_rounds_agree_with_jax():
    secret = jnp.array([0x12345678, 0x9ABCDEF0], jnp.uint32)
    counter = jnp.arange(64, dtype=jnp.uint32) * jnp.uint32(0x9E3779B9)
    expected = jax.extend.random.threefry_2x32(secret, counter)
    got = jnp.concatenate(block(tuple(secret), (counter[:32], counter[32:]), rounds=20))
    assert_same(got, expected)


def test_bits_are_the_second_words_of_thirteen_round_blocks():
    expected = [numpy_block([3, 2**31], [0, i], 13)[1] for i in range(21)]
    got = jax.random.bits(wrap(3, 2**31), (3, 7))
    assert got.dtype == jnp.uint32
    assert np.asarray(got).ravel().tolist() == expected


@pytest.mark.parametrize("width", [8, 16])
def test_narrow_bits_are_the_low_bits_of_words(width):
    dtype = jnp.dtype(f"uint{width}")
    wide = np.asarray(jax.random.bits(wrap(3, 4), (50,)))
    got = jax.random.bits(wrap(3, 4), (50,), dtype)
    assert_same(got, (wide % 2**width).astype(dtype))


def test_64_bits_are_both_words_of_a_block(x64):
    got = jax.random.bits(wrap(3, 4), (9,), jnp.uint64)
    blocks = [numpy_block([3, 4], [0, i], 13) for i in range(9)]
    assert got.dtype == jnp.uint64
    assert np.asarray(got).tolist() == [(high << 32) | low for high, low in blocks]
    assert 0 <= float(jax.random.uniform(wrap(3, 5), dtype=jnp.float64)) < 1


def test_keys_are_twenty_round_blocks():
    assert data(key(5)).tolist() == numpy_block([0, 0], [0, 5], 20)
    assert data(jax.random.fold_in(wrap(3, 4), 8)).tolist() == numpy_block([3, 4], [2, 8], 20)
    children = data(jax.random.split(wrap(3, 4), 6))
    assert children.tolist() == [numpy_block([3, 4], [1, i], 20) for i in range(6)]


def test_key_data_is_two_words_and_restores_the_key():
    made = key(7)
    assert made.shape == ()
    stored = data(made)
    assert stored.shape == (2,)
    assert stored.dtype == np.uint32
    restored = jax.random.wrap_key_data(jnp.asarray(stored), impl=implementation("threefry13"))
    assert restored.dtype == made.dtype
    assert_same(jax.random.bits(restored, (4,)), jax.random.bits(made, (4,)))


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLERS)
def test_jit_is_eager_bit_for_bit(name):
    sampler = SAMPLERS[name]
    if name in ("normal", "exponential", "truncated_normal", "orthogonal"):
        # The compiler may reassociate the float arithmetic after the bits.
        np.testing.assert_allclose(jax.jit(sampler)(key(1)), sampler(key(1)), rtol=1e-6, atol=1e-6)
    else:
        assert_same(jax.jit(sampler)(key(1)), sampler(key(1)))


@pytest.mark.parametrize("name", SAMPLERS)
def test_mapped_keys_give_what_each_key_gives_alone(name):
    sampler = jax.jit(SAMPLERS[name])
    together = jax.jit(jax.vmap(SAMPLERS[name]))(jax.random.split(key(2), 5))
    alone = jnp.stack([sampler(one) for one in jax.random.split(key(2), 5)])
    if name in (*INTEGER, "uniform", "bernoulli", "permutation", "fold_in"):
        assert_same(together, alone)
    else:
        np.testing.assert_allclose(together, alone, rtol=1e-6, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("name", INTEGER)
def test_every_way_to_map_gives_the_same(name):
    sampler = SAMPLERS[name]
    expected = jnp.stack([sampler(one) for one in jax.random.split(key(2), 6)])
    nested = jax.vmap(jax.vmap(sampler))(jax.random.split(key(2), (2, 3)))
    assert_same(nested.reshape(expected.shape), expected)
    assert_same(jax.lax.map(sampler, jax.random.split(key(2), 6)), expected)
    batched = jax.lax.map(sampler, jax.random.split(key(2), 6), batch_size=4)
    assert_same(batched, expected)
    mesh = Mesh(np.array(jax.devices()[:1]), ("lanes",))
    lanes = PartitionSpec("lanes")
    sharded = jax.shard_map(jax.vmap(sampler), mesh=mesh, in_specs=lanes, out_specs=lanes)
    assert_same(jax.jit(sharded)(jax.random.split(key(2), 6)), expected)


def test_scan_over_fold_in_is_a_loop():
    def body(k, t):
        return k, jax.random.bits(jax.random.fold_in(k, t), (3,))

    scanned = jax.jit(lambda k: jax.lax.scan(body, k, jnp.arange(5))[1])(key(3))
    looped = [jax.random.bits(jax.random.fold_in(key(3), t), (3,)) for t in range(5)]
    assert_same(scanned, jnp.stack(looped))


def test_fold_in_maps_over_keys_and_over_numbers():
    keys, numbers = jax.random.split(key(4), 3), jnp.arange(4)
    fold = jax.random.fold_in
    table = jax.vmap(jax.vmap(fold, (None, 0)), (0, None))(keys, numbers)
    again = jax.random.split(key(4), 3)
    expected = [[data(fold(one, number)) for number in range(4)] for one in again]
    np.testing.assert_array_equal(data(table), expected)


def test_splits_and_words_have_the_prefix_property():
    np.testing.assert_array_equal(
        data(jax.random.split(key(5), 64))[:8], data(jax.random.split(key(5), 8))
    )
    np.testing.assert_array_equal(
        data(jax.random.split(key(5), (2, 4))).reshape(8, 2), data(jax.random.split(key(5), 8))
    )
    assert_same(jax.random.bits(key(5), (64, 5))[:8], jax.random.bits(key(5), (8, 5)))


def test_derived_keys_are_all_different():
    grown = [data(jax.random.split(key(6), 4096))]
    grown += [data(jax.vmap(jax.random.fold_in, (None, 0))(key(6), jnp.arange(4096)))]
    grown += [np.stack([data(key(seed)) for seed in range(64)])]
    together = np.concatenate(grown)
    assert len(np.unique(together, axis=0)) == len(together)


@pytest.mark.parametrize("seed", [0, 1, 2**31 - 1, 2**31, 2**32 - 1])
def test_seeds_are_accepted_in_range(seed):
    assert data(key(seed)).tolist() == numpy_block([0, 0], [0, seed], 20)
    assert data(key(np.uint32(seed))).tolist() == data(key(seed)).tolist()


def test_seeds_do_not_depend_on_x64(x64):
    assert data(key(2**32 - 1)).tolist() == numpy_block([0, 0], [0, 2**32 - 1], 20)


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, True, "0", None])
def test_seeds_are_refused_out_of_range(seed):
    with pytest.raises(ArgumentError, match="seed="):
        key(seed)


def test_the_generator_is_chosen_by_name():
    assert superpos.random.RNGS == get_args(superpos.random.Rng) == ("threefry13", "threefry")
    assert key(0, rng="threefry").dtype == jax.random.key(0, impl="threefry2x32").dtype
    assert key(0).dtype == jax.random.key(0, impl=THREEFRY13).dtype != key(0, rng="threefry").dtype
    for rng in superpos.random.RNGS:
        assert data(key(3, rng=rng)).shape == (2,)
        assert jax.random.key(3, impl=implementation(rng)).dtype == key(3, rng=rng).dtype
    with pytest.raises(ArgumentError, match="did you mean threefry"):
        key(0, rng="threefri")


def test_reuse_of_a_key_is_caught():
    once = key(0)
    jax.random.bits(once)
    with pytest.raises(jax.errors.KeyReuseError):
        jax.random.bits(once)


def test_an_array_of_more_than_a_counter_is_refused():
    secret = jax.ShapeDtypeStruct((2,), jnp.uint32)
    largest, larger = (2**16, 2**16), (2**16, 2**16 + 1)
    for function in (lambda k, s: random_bits(k, 32, s), split):
        assert jax.eval_shape(lambda k, f=function: f(k, largest), secret).shape[:2] == largest
        with pytest.raises(ValueError, match="at most 2\\^32"):
            jax.eval_shape(lambda k, f=function: f(k, larger), secret)


def test_other_widths_are_refused():
    with pytest.raises(TypeError, match="bit_width=24"):
        random_bits(jnp.zeros(2, jnp.uint32), 24, (3,))


@pytest.mark.parametrize("shape", [(), (1,), (0, 3), (7,), (3, 5), (2, 3, 4)])
def test_counters_are_row_major(shape):
    expected = np.arange(np.prod(shape, dtype=int), dtype=np.uint32).reshape(shape)
    np.testing.assert_array_equal(count(shape), expected)


def test_counters_are_right_up_to_the_last_one():
    last = jax.jit(lambda: count((2**20, 2**12))[-1, -1])()
    assert int(last) == 2**32 - 1


@pytest.mark.slow
def test_import_makes_no_array_and_changes_no_setting():
    code = """
import jax
before = dict(jax.config.values)
import superpos.random
assert dict(jax.config.values) == before
assert not jax.live_arrays()
assert jax.random.key(0).dtype == jax.random.key_dtype("threefry2x32")
"""
    subprocess.run([sys.executable, "-c", code], check=True)
