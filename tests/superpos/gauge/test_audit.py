"""The audit finds the symmetries of a model by itself, and tells metrics apart that move."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import gauge, metrics, models
from superpos.arguments import ArgumentError
from superpos.gauge.audit import relative_change, unchanged
from tests.superpos.gauge.cases import CASES, Case, H, N, model_of


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


def test_no_groups_give_no_records(tied):
    assert gauge.audit(lambda p: p.W, *tied, key(), groups=[]) == []


def of_enc(params):
    return jnp.abs(params["enc"]).sum()


@pytest.fixture(scope="module")
def renamed():
    """A hidden layer of ReLU units whose parameters are called enc and dec."""
    shapes = {"enc": (N, H), "dec": (H, N)}
    model = model_of(
        Case(None, shapes, lambda p, x: jax.nn.relu(x @ p["enc"]) @ p["dec"]),
    )
    return model, model.init(jax.random.key(0))[0]


def test_parameters_of_other_names_are_told_with_how_to_name_groups(renamed):
    told = (
        r"^params: no group is known for dec \(3, 6\), enc \(6, 3\), with 6 inputs; name groups, "
        r"path -> axis of the units, as in groups=\[gauge\.symmetries\.unit_permutation\("
        r"{'dec': -1}\), \.\.\.\]; gauge\.null_directions finds symmetries that have no name$"
    )
    with pytest.raises(ArgumentError, match=told):
        gauge.audit(of_enc, *renamed, key())


def test_groups_that_are_named_are_audited(renamed):
    group = gauge.symmetries.unit_permutation({"enc": -1}, {"dec": -2})
    (found,) = gauge.audit(of_enc, *renamed, key(), groups=[group], n_elements=2)
    assert (found.preserves, found.keeps_loss, found.verdict) == ("outputs", True, "invariant")


def test_parameters_beside_those_that_are_known_are_told():
    model = model_of(
        Case(None, {"W": (N, H), "gain": (N,)}, lambda p, x: p["gain"] * (p["W"] @ (p["W"].T @ x)))
    )
    params = model.init(jax.random.key(0))[0]
    with pytest.warns(UserWarning, match=r"^no group is known for gain; name groups, .*null_dir"):
        gauge.audit(lambda p: p["W"].sum(), model, params, key(), n_elements=1)


@pytest.mark.slow
def test_that_no_group_is_a_symmetry_is_told():
    """Units of which each has another weight in the output."""

    def outputs(p, x):
        return p["W_out"] @ (jnp.tanh(p["W_in"].T @ x) * jnp.arange(1.0, H + 1))

    model = model_of(Case(None, {"W_in": (N, H), "W_out": (N, H)}, outputs))
    params = model.init(jax.random.key(0))[0]
    with pytest.warns(UserWarning, match="^none of these is a symmetry of this model: change of b"):
        assert gauge.audit(lambda p: p["W_in"], model, params, key(), n_elements=2) == []


@pytest.mark.slow
def test_latents_of_a_sparse_autoencoder_are_known():
    case = CASES["SAE latents"]
    model = model_of(case)
    params = model.init(jax.random.key(0))[0]
    found = gauge.audit(lambda p: jnp.linalg.norm(p["W_dec"], axis=1), model, params, key())
    assert verdicts(found) == {
        "latent permutation and scale": "not invariant",
        "latent permutation": "equivariant",
    }


@pytest.mark.slow
def test_targets_are_as_long_as_the_model_takes_them():
    model = models.mlp(n_features=3, n_hidden=4, n_outputs=2)
    params = model.init(jax.random.key(0))[0]
    found = gauge.audit(lambda p: jnp.abs(p.weights[0]).sum(), model, params, key(), n_elements=3)
    keeps = {each.group: each.keeps_loss for each in found}
    names = ("unit permutation", "unit rescaling", "logit shift")
    assert keeps == {**dict.fromkeys(names, True), "scale of layer 1": False}


@pytest.mark.parametrize("value", [None, "W", {"W": 1.0}])
def test_a_metric_that_is_no_array_is_refused(renamed, value):
    group = gauge.scaling("scale", {"enc": 1})
    with pytest.raises(ArgumentError, match="^metric: returns .*, expected an array of numbers$"):
        gauge.audit(lambda p: value, *renamed, key(), groups=[group], n_elements=1)


def test_a_metric_whose_shape_changes_is_refused():
    with pytest.raises(ArgumentError, match=r"^metric: returns shapes \(1,\) and \(2,\)"):
        unchanged(np.ones(2), np.ones(1))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"n_elements": 0}, r"^n_elements=0: expected an integer in \[1, "),
        ({"groups": ["rotation"]}, "^groups: 'rotation', expected each a Group$"),
        ({"groups": [gauge.scaling("s", {"W": 1})]}, "^W: no such parameter, .* enc "),
        ({"key": np.uint32([0, 7])}, "^key=.*: expected one typed key"),
    ],
)
def test_what_is_no_audit_is_refused(renamed, options, told):
    model, params = renamed
    with pytest.raises(ArgumentError, match=told):
        gauge.audit(**{"metric": of_enc, "model": model, "params": params, "key": key(), **options})


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
