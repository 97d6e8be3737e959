"""Group laws, and that each group leaves unchanged what it says, on models written out by hand."""

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.gauge import matrices
from superpos.gauge.groups import basis_change, leaf_at, map_paths, paths_of, scaling, shift
from superpos.models import AutoencoderParams
from tests.superpos.gauge.cases import CASES, N

TOLERANCE = 1e-10
N_SEEDS = 64
each_case = pytest.mark.parametrize("name", CASES)
FAMILIES = [
    matrices.orthogonal,
    matrices.permutations,
    matrices.signed_permutations,
    matrices.positive_scales,
    matrices.scaled_permutations,
    matrices.general_linear,
]


@pytest.fixture(autouse=True, scope="module")
def double():
    with jax.enable_x64(True):
        yield


def apart(a, b):
    differences = jax.tree.map(lambda x, y: jnp.abs(x - y).max(), a, b)
    return jnp.stack(jax.tree.leaves(differences)).max()


class Seen(NamedTuple):
    """How far each law is from holding, and what an element does to the outputs for 16 inputs.

    All have a leading axis over seeds.
    """

    laws: dict[str, Any]
    before: Any
    after: Any
    moved: Any


@functools.cache
def look(name):
    """Seen, for N_SEEDS seeds in one program."""
    group, params_of, function = CASES[name].group, CASES[name].params, CASES[name].function
    act, compose, inverse = group.act, group.compose, group.inverse

    def measured(seed):
        key_a, key_b, key_c, key_params, key_x = jax.random.split(jax.random.key(seed), 5)
        params = params_of(key_params)
        a, b, c = (group.sample(key, params) for key in (key_a, key_b, key_c))
        moved, both = act(a, params), act(compose(a, b), params)
        laws = {
            "an action": apart(both, act(a, act(b, params))),
            "inverse": apart(act(compose(inverse(a), a), params), params),
            "undone": apart(act(inverse(a), moved), params),
            "associative": apart(
                act(compose(compose(a, b), c), params), act(compose(a, compose(b, c)), params)
            ),
        }
        x = jax.random.normal(key_x, (16, N))
        before, after = (jax.vmap(lambda x, p=p: function(p, x))(x) for p in (params, moved))
        return Seen(laws, before, after, apart(params, moved))

    return jax.device_get(jax.jit(jax.vmap(measured))(np.arange(N_SEEDS, dtype=np.uint32)))


@pytest.mark.slow
@each_case
def test_a_group_keeps_its_laws_and_what_it_preserves(name):
    seen = look(name)
    assert {law for law, far in seen.laws.items() if not (far < TOLERANCE).all()} == set()
    kind = CASES[name].group.preserves
    if kind == "outputs":
        np.testing.assert_allclose(seen.after, seen.before, rtol=0, atol=1e-8)
    elif kind == "probabilities":
        softened = jax.nn.softmax(seen.after), jax.nn.softmax(seen.before)
        np.testing.assert_allclose(*softened, rtol=0, atol=1e-8)
    else:
        top = np.sort(seen.before, axis=-1)
        decided = (
            top[..., -1] - top[..., -2] > 1e-9
        )  # where all units are off, all logits are equal
        largest = np.argmax(seen.after, axis=-1), np.argmax(seen.before, axis=-1)
        np.testing.assert_array_equal(largest[0][decided], largest[1][decided])


@pytest.mark.slow
@each_case
def test_a_group_moves_parameters_and_no_less_is_kept_than_it_says(name):
    """The test of the tests: what keeps only the argmax does change outputs and probabilities."""
    seen = look(name)
    assert seen.moved.max() > 0.1
    kind = CASES[name].group.preserves
    softened = np.abs(jax.nn.softmax(seen.after) - jax.nn.softmax(seen.before))
    assert (np.abs(seen.after - seen.before).max() > 0.1) == (kind != "outputs")
    assert (softened.max() > 0.01) == (kind == "argmax")


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_the_dual_of_a_matrix_is_its_inverse_transpose(family):
    for seed in range(20):
        direct, dual = family(jax.random.key(seed), 5)
        np.testing.assert_allclose(direct.T @ dual, np.eye(5), atol=1e-12)


@pytest.mark.slow
def test_rotations_are_uniform():
    """Haar: the first column is uniform on the sphere, and both determinants are as frequent."""
    keys = jax.random.split(jax.random.key(0), 4000)
    Q = jax.vmap(lambda key: matrices.orthogonal(key, 3).direct)(keys)
    first = np.asarray(Q[:, :, 0])
    assert np.abs(first.mean(0)).max() < 5 / np.sqrt(3 * 4000)
    np.testing.assert_allclose(first.T @ first / 4000, np.eye(3) / 3, atol=0.03)
    assert abs(np.mean(np.linalg.det(Q) > 0) - 0.5) < 5 * 0.5 / np.sqrt(4000)


def test_parameters_are_found_by_their_path():
    params = {"weights": [np.ones(2), np.zeros(3)], "b": np.ones(1)}
    assert list(paths_of(params)) == ["b", "weights.0", "weights.1"]
    assert leaf_at(params, "weights.1").shape == (3,)
    tied = AutoencoderParams(W=jnp.ones((2, 1)), b=jnp.zeros(2))
    moved = map_paths(lambda path, leaf: leaf + 1 if path == "b" else leaf, tied)
    assert (moved.W == 1).all() and (moved.b == 1).all()
    told = r"^V: no such parameter, expected one of W \(2, 1\), b \(2,\)$"
    with pytest.raises(ArgumentError, match=told):
        leaf_at(tied, "V")


@pytest.mark.parametrize(
    ("group", "told"),
    [
        (basis_change("g", matrices.permutations, writes={"W": -1, "V": 0}), "^V: no such param"),
        (
            basis_change("g", matrices.permutations, writes={"W": -1}, reads={"b": -1}),
            "^g: 1 along axis -1 of W, 2 along axis -1 of b, expected as many along each$",
        ),
        (basis_change("g", matrices.permutations, writes={"b": -2}), r"^g: b \(2,\) has no axis"),
        (scaling("g", {"W": 1, "V": 1}), "^V: no such parameter"),
        (shift("g", {"b": -1, "V": -1}, preserves="outputs"), "^V: no such parameter"),
        (shift("g", {"b": 1}, preserves="outputs"), r"^g: b \(2,\) has no axis 1$"),
    ],
)
def test_a_group_that_does_not_fit_parameters_is_refused(group, told):
    """When an element is drawn, and when it acts."""
    tied = AutoencoderParams(W=jnp.ones((2, 1)), b=jnp.zeros(2))
    with pytest.raises(ArgumentError, match=told):
        group.act(None, tied)
    with pytest.raises(ArgumentError, match=told):
        group.sample(jax.random.key(0), tied)
