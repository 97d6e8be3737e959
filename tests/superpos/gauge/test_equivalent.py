"""Which pairs are equivalent: those that a group moves, not those that only compute the same."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from superpos.gauge import basis_change, equivalent, matrices, search_rotation, search_units
from superpos.gauge.symmetries import rotation

N, H, K = 6, 4, 3
WRITES, READS = {"weights.0": -1, "biases.0": -1}, {"weights.1": -2}
UNITS = basis_change("units", matrices.scaled_permutations, writes=WRITES, reads=READS)
seeds = st.integers(0, 2**32 - 1)


@pytest.fixture(autouse=True, scope="module")
def double():
    with jax.enable_x64(True):
        yield


def tied(rng):
    return {"W": jnp.asarray(rng.normal(size=(N, H))), "b": jnp.asarray(rng.normal(size=N))}


def layers(rng):
    shapes = {"biases.0": (H,), "weights.0": (N, H), "weights.1": (H, K)}
    return {name: jnp.asarray(rng.normal(size=shape)) for name, shape in shapes.items()}


def outputs(params, x):
    code = np.maximum(x @ params["weights.0"] + params["biases.0"][None], 0)
    return code @ params["weights.1"]


FAMILIES = [(tied, rotation(), search_rotation()), (layers, UNITS, search_units(WRITES, READS))]
each_family = pytest.mark.parametrize(("draw", "group", "search"), FAMILIES, ids=["O(m)", "units"])


@functools.cache
def mover(group):
    return jax.jit(lambda key, params: group.act(group.sample(key, params), params))


@pytest.mark.slow
@each_family
@settings(max_examples=200, deadline=None)
@given(seed=seeds)
def test_a_moved_configuration_is_equivalent_and_the_witness_moves_it_back(
    draw, group, search, seed
):
    params = draw(np.random.default_rng(seed))
    moved = mover(group)(jax.random.key(seed), params)
    witness = equivalent(params, moved, group, search)
    assert witness is not None
    for name, leaf in group.act(witness, moved).items():
        np.testing.assert_allclose(leaf, params[name], atol=1e-8)
    product = np.asarray(witness.direct).T @ np.asarray(witness.dual)
    np.testing.assert_allclose(product, np.eye(H), atol=1e-10)


@pytest.mark.slow
@each_family
@settings(max_examples=200, deadline=None)
@given(seed=seeds, size=st.floats(-6, 0))
def test_a_near_miss_is_not(draw, group, search, seed, size):
    """One entry of one array is off by as little as 1e-6."""
    rng = np.random.default_rng(seed)
    params = draw(rng)
    name = sorted(params)[rng.integers(len(params))]
    at = tuple(rng.integers(params[name].shape))
    other = {**params, name: params[name].at[at].add(10**size)}
    moved = mover(group)(jax.random.key(seed), other)
    assert equivalent(params, moved, group, search, tolerance=1e-9) is None


@pytest.mark.slow
def test_units_that_nothing_reads_compute_the_same_but_are_not_equivalent():
    rng = np.random.default_rng(0)
    params = layers(rng)
    silent = {**params, "weights.1": params["weights.1"].at[1].set(0)}
    other = {**silent, "weights.0": silent["weights.0"].at[:, 1].set(rng.normal(size=N))}
    x = rng.normal(size=(50, N))
    np.testing.assert_array_equal(outputs(silent, x), outputs(other, x))
    _, group, search = FAMILIES[1]
    assert equivalent(silent, other, group, search) is None
    moved = group.act(group.sample(jax.random.key(1), silent), silent)
    assert equivalent(silent, moved, group, search) is not None


def test_a_unit_split_in_two_computes_the_same_but_is_not_equivalent():
    rng = np.random.default_rng(2)
    params = layers(rng)
    into, out = params["weights.0"], params["weights.1"]
    whole = {
        **params,
        "weights.0": into.at[:, 1].set(into[:, 0]),
        "biases.0": params["biases.0"].at[1].set(params["biases.0"][0]),
        "weights.1": out.at[1].set(0),
    }
    split = {**whole, "weights.1": out.at[0].set(0.3 * out[0]).at[1].set(0.7 * out[0])}
    x = rng.normal(size=(50, N))
    np.testing.assert_allclose(outputs(whole, x), outputs(split, x), atol=1e-12)
    assert equivalent(whole, split, *FAMILIES[1][1:]) is None


def test_a_negative_scale_is_none_of_the_group():
    params = layers(np.random.default_rng(3))
    flipped = {
        **params,
        "weights.0": params["weights.0"].at[:, 0].multiply(-1),
        "biases.0": params["biases.0"].at[0].multiply(-1),
        "weights.1": params["weights.1"].at[0].multiply(-1),
    }
    assert equivalent(params, flipped, *FAMILIES[1][1:]) is None


def test_gram_matrices_of_one_spectrum_are_not_equivalent():
    rng = np.random.default_rng(4)
    params = tied(rng)
    Q = np.linalg.qr(rng.normal(size=(N, N)))[0]
    assert equivalent(params, {**params, "W": Q @ params["W"]}, *FAMILIES[0][1:]) is None
