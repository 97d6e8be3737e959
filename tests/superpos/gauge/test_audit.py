"""The audit finds the symmetries of a model by itself, and tells metrics apart that move."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import gauge, metrics, models
from superpos.gauge.audit import relative_change, unchanged


def key():
    return jax.random.key(7)


@pytest.fixture(scope="module")
def tied():
    model = models.autoencoder(n_features=6, n_hidden=3, importance_decay=0.9)
    params, _ = model.init(jax.random.key(0))
    return model, params.replace(b=-0.2 * jax.random.uniform(jax.random.key(1), (6,)))


@pytest.fixture(scope="module")
def untied():
    model = models.computation(n_features=5, n_hidden=4, bias=False, activation="linear")
    return model, model.init(jax.random.key(0))[0]


def verdicts(found):
    return {each.group: each.verdict for each in found}


@pytest.mark.slow
def test_the_symmetries_of_a_tied_autoencoder_are_found(tied):
    model, params = tied
    found = gauge.audit(lambda p: metrics.feature_dimensionality(p.W), model, params, key())
    names = ["rotation", "signed permutation", "unit permutation"]
    assert [each.group for each in found] == names  # its scale is not free
    assert {each.preserves for each in found} == {"outputs"}
    assert all(each.keeps_loss and each.verdict == "invariant" for each in found)


@pytest.mark.slow
def test_those_of_a_hidden_layer_of_units_are_permutations_alone():
    model = models.autoencoder(n_features=6, n_hidden=3, hidden_activation="relu")
    params, _ = model.init(jax.random.key(3))
    params = params.replace(b=-0.2 * jax.random.uniform(jax.random.key(1), (6,)))
    found = gauge.audit(lambda p: metrics.feature_norms(p.W), model, params, key())
    assert verdicts(found) == {"unit permutation": "invariant"}


@pytest.mark.slow
def test_outside_the_tied_autoencoder_features_per_dimension_is_bookkeeping(untied):
    model, params = untied
    found = gauge.audit(lambda p: metrics.features_per_dimension(p.W_in), model, params, key())
    assert verdicts(found) == {
        "unit permutation": "invariant",
        "unit rescaling": "not invariant",
        "scale of W_in": "not invariant",
    }
    kinds = {each.group: (each.preserves, each.keeps_loss) for each in found}
    assert kinds["unit rescaling"] == ("outputs", True)
    assert kinds["scale of W_in"] == ("argmax", False)


@pytest.mark.slow
def test_dimensionality_is_free_of_a_global_scale_and_not_of_one_for_each_unit(untied):
    model, params = untied
    found = gauge.audit(lambda p: metrics.feature_dimensionality(p.W_in), model, params, key())
    assert verdicts(found) == {
        "unit permutation": "invariant",
        "unit rescaling": "not invariant",
        "scale of W_in": "invariant",
    }
    assert next(e.change for e in found if e.group == "unit rescaling") > 0.01


def test_what_units_have_each_moves_with_them(untied):
    model, params = untied
    found = verdicts(gauge.audit(lambda p: jnp.abs(p.W_in).sum(0), model, params, key()))
    assert found["unit permutation"] == "equivariant"
    assert found["scale of W_in"] == "not invariant"


def test_the_change_is_that_of_the_scale(untied):
    """‖αW‖² is α² ‖W‖², so the largest change over elements is known from the elements."""
    model, params = untied
    group = gauge.scaling("scale", {"W_in": 1})
    (found,) = gauge.audit(
        lambda p: metrics.features_per_dimension(p.W_in), model, params, key(), groups=[group]
    )
    key_elements = jax.random.split(key(), 3)[1]
    keys = jax.random.split(jax.random.fold_in(key_elements, 0), 20)
    squares = np.array([float(group.sample(each, params)) for each in keys]) ** 2
    expected = np.max(np.abs(squares - 1) / np.maximum(squares, 1))
    assert found.change == pytest.approx(expected, rel=1e-4)


@pytest.mark.slow
def test_float64_finds_what_float32_cannot(tied):
    model, params = tied
    with jax.enable_x64(True):
        exact = jax.tree.map(lambda leaf: leaf.astype(jnp.float64), params)
        first, *_ = gauge.audit(
            lambda p: metrics.feature_norms(p.W) + 1e-9 * p.W[0, 0], model, exact, key()
        )
    assert first.verdict == "not invariant"
    assert first.change < 1e-7


def test_parameters_of_other_names_have_no_candidates(tied):
    assert gauge.audit(lambda p: p["V"], tied[0], {"V": jnp.ones((2, 2))}, key(), groups=[]) == []


@pytest.mark.parametrize(
    ("new", "old", "expected"),
    [
        ([1.0, 2.0], [1.0, 2.0], 0.0),
        ([1.0, 3.0], [1.0, 2.0], 1 / 3),
        ([0.0, 0.0], [0.0, 0.0], 0.0),
        ([jnp.inf, 2.0], [jnp.inf, 1.0], 0.5),
        ([jnp.nan, 2.0], [jnp.nan, 2.0], 0.0),
    ],
)
def test_relative_change(new, old, expected):
    assert relative_change(jnp.asarray(new), jnp.asarray(old)) == pytest.approx(expected)


def test_a_value_that_becomes_infinite_is_a_change():
    assert not relative_change(jnp.asarray([jnp.inf]), jnp.asarray([1.0])) < 1


@pytest.mark.slow
def test_the_largest_of_one_output_is_no_observable():
    model = models.quadratic(n_features=4, n_hidden=2, kurtosis=5.0)
    params, _ = model.init(jax.random.key(0))
    found = gauge.audit(lambda p: metrics.gram_matrix(p.W), model, params, key())
    assert verdicts(found) == dict.fromkeys(
        ("rotation", "signed permutation", "unit permutation"), "invariant"
    )


def test_a_metric_that_is_nothing_but_rounding_stays_and_one_that_appears_does_not():
    noise, zero = jnp.asarray([1e-8, -2e-8], jnp.float32), jnp.zeros(2, jnp.float32)
    assert unchanged(noise, zero)
    assert unchanged(zero, noise)
    assert not unchanged(noise + 1e-4, zero)
    assert not unchanged(jnp.asarray([True, False]), jnp.asarray([True, True]))
    assert unchanged(jnp.asarray([jnp.nan, 1.0]), jnp.asarray([jnp.nan, 1.0]))
    assert not unchanged(jnp.asarray([jnp.nan, 1.0]), jnp.asarray([0.0, 1.0]))


def test_many_metrics_are_audited_as_each_alone(tied):
    model, params = tied
    of = {
        "norms": lambda p: metrics.feature_norms(p.W),
        "frame": lambda p: metrics.frame_operator(p.W),
    }
    together = gauge.audit_all(of, model, params, key())
    assert together == {name: gauge.audit(each, model, params, key()) for name, each in of.items()}
