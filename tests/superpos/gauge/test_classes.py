"""Classes of parameters: one representative each, complete labels, and distances between them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st

from superpos.gauge import rotation_classes, same_class, unit_classes
from superpos.gauge.symmetries import rotation, unit_permutation, unit_rescaling

N, H, K = 6, 3, 4
WRITES, READS = {"weights.0": -1, "biases.0": -1}, {"weights.1": -2}
ROTATIONS, UNITS = rotation_classes(), unit_classes(WRITES, READS)
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


def turned(params, seed):
    return rotation().act(rotation().sample(jax.random.key(seed), params), params)


def reordered(params, seed):
    for group in (unit_permutation(WRITES, READS), unit_rescaling(WRITES, READS)):
        params = group.act(group.sample(jax.random.key(seed), params), params)
    return params


FAMILIES = [(ROTATIONS, tied, turned), (UNITS, layers, reordered)]
each_family = pytest.mark.parametrize(("classes", "draw", "move"), FAMILIES, ids=["O(m)", "units"])


@pytest.mark.slow
@each_family
@settings(max_examples=40, deadline=None)
@given(seed=seeds)
def test_equivalent_parameters_have_one_representative_and_one_label(classes, draw, move, seed):
    params = draw(np.random.default_rng(seed))
    moved = move(params, seed)
    np.testing.assert_allclose(classes.label(moved), classes.label(params), atol=1e-9)
    found, expected = classes.canonical(moved), classes.canonical(params)
    for name in params:
        np.testing.assert_allclose(found[name], expected[name], atol=1e-6)
    assert same_class(params, moved, classes)


@pytest.mark.slow
@each_family
@settings(max_examples=40, deadline=None)
@given(seed=seeds, size=st.floats(-6, 0))
def test_others_are_told_apart_however_close(classes, draw, move, seed, size):
    """Some entry of one matrix is changed by as little as 1e-6; then both are moved."""
    rng = np.random.default_rng(seed)
    params = draw(rng)
    name = "W" if "W" in params else "weights.0"
    at = tuple(rng.integers(params[name].shape))
    other = {**params, name: params[name].at[at].add(10**size)}
    moved = move(other, seed)
    assert float(jnp.abs(classes.label(moved) - classes.label(params)).max()) > 1e-9
    assert not same_class(params, moved, classes, tolerance=1e-9)


@pytest.mark.slow
@each_family
def test_a_representative_is_one_of_its_class_and_stays(classes, draw, move):
    params = draw(np.random.default_rng(0))
    canonical = classes.canonical(params)
    assert same_class(params, canonical, classes)
    again = classes.canonical(canonical)
    for name in params:
        np.testing.assert_allclose(again[name], canonical[name], atol=1e-12)


def test_the_representative_under_rotations_is_triangular_with_the_same_gram_matrix():
    params = tied(np.random.default_rng(1))
    W = np.asarray(ROTATIONS.canonical(params)["W"])
    np.testing.assert_allclose(np.triu(W, 1), 0, atol=1e-12)
    assert (np.diagonal(W) >= 0).all()
    np.testing.assert_allclose(W @ W.T, params["W"] @ params["W"].T, atol=1e-12)


def test_the_distance_under_rotations_is_that_of_procrustes():
    rng = np.random.default_rng(2)
    a, b = tied(rng), tied(rng)
    R, _ = scipy.linalg.orthogonal_procrustes(b["W"], a["W"])
    expected = np.linalg.norm(a["W"] - b["W"] @ R)
    np.testing.assert_allclose(ROTATIONS.distance(a, b), expected, rtol=1e-12)
    np.testing.assert_allclose(ROTATIONS.distance(b, a), expected, rtol=1e-12)
    assert expected < np.linalg.norm(a["W"] - b["W"])


def test_a_shared_spectrum_is_not_a_shared_class():
    """Singular values alone would be an incomplete label."""
    rng = np.random.default_rng(3)
    params = tied(rng)
    Q = np.linalg.qr(rng.normal(size=(N, N)))[0]
    other = {**params, "W": jnp.asarray(Q @ params["W"])}
    svd = [np.linalg.svd(each["W"], compute_uv=False) for each in (params, other)]
    np.testing.assert_allclose(*svd)
    assert not same_class(params, other, ROTATIONS)


def test_canonical_units_compute_the_same_and_are_balanced():
    params = layers(np.random.default_rng(4))
    found = UNITS.canonical(params)
    x = np.random.default_rng(5).normal(size=(20, N))

    def outputs(p):
        return np.maximum(x @ p["weights.0"] + p["biases.0"][None], 0) @ p["weights.1"]

    np.testing.assert_allclose(outputs(found), outputs(params), atol=1e-12)
    into = np.sqrt(np.square(found["weights.0"]).sum(0) + np.square(found["biases.0"]))
    out = np.linalg.norm(found["weights.1"], axis=1)
    np.testing.assert_allclose(into, out, rtol=1e-12)
    assert (np.diff(out) <= 0).all()


def test_a_unit_that_nothing_reads_is_nothing():
    params = layers(np.random.default_rng(6))
    silent = {**params, "weights.1": params["weights.1"].at[1].set(0)}
    other = {**silent, "weights.0": silent["weights.0"].at[:, 1].set(7.0)}
    assert same_class(silent, other, UNITS)
    assert np.isfinite(np.asarray(UNITS.label(silent))).all()
    zero = jax.tree.map(jnp.zeros_like, params)
    assert float(UNITS.distance(zero, zero)) == 0
