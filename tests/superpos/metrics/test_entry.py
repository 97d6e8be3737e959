"""What enters a metric, and what is refused: one rule for every metric, new ones by existing."""

import inspect
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray

from superpos import metrics
from superpos.arguments import ArgumentError
from superpos.metrics.entry import Axes

W = [[1, 0], [-1, 0], [0, 2], [0, 0]]
GRAM = (np.array(W) @ np.transpose(W)).tolist()
PAIRS = [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
GIVEN = {
    "W": W,
    "gram": GRAM,
    "shares": [1, 1, 4, 0],
    "labels": [0, 0, 2, 3],
    "adjacency": PAIRS,
    "same": PAIRS,
    "represented": [1, 1, 1, 0],
    "vectors": W[:3],
    "logits": [[1, 2, 3], [3, 2, 1], [0, 5, 0], [1, 0, 0]],
    "targets": [[0, 0, 1], [0, 1, 0], [0, 1, 0], [1, 0, 0]],
    "losses": [3, 4, 5],
    "reference": 2,
    "W_dec": [[1, 0], [1, 1], [0, 0]],
    "W_decs": [[[1, 0], [0, 1], [1, 1]], [[1, 0], [1, 1], [2, 1]]],
    "W_wider": [[1, 0], [1, 1], [0, 1], [2, 1]],
    "b_dec": [1, 0],
    "features": W,
    "used": [1, 1, 0],
    "code": [[1, 0, 0], [0, 2, 0], [3, 0, 1], [0, 0, 0], [1, 1, 0]],
    "factors": [[1, 0, 0, 0], [0, 1, 0, 2], [0, 0, 1, 0], [0, 0, 0, 0], [1, 0, 1, 1]],
    "inputs": [[1, 0], [0, 2], [3, 1], [0, 0], [1, 1]],
    "recon": [[1, 0], [0, 1], [2, 1], [0, 0], [1, 2]],
    "matches": [0, 2, 3],
    "counts": [[3, 1, 0, 2], [0, 0, 4, 2], [1, 0, 0, 5]],
    "values": [3, 4, 5],
    "tokens": [0, 2, 2, 1, 0],
    "activations": [[[1, 0, 0], [0, 2, 0]], [[3, 0, 1], [0, 0, 0]], [[1, 1, 0], [0, 0, 2]]],
    "contexts": [[0, 2], [2, 1], [0, 0]],
    "means": [[1, 0], [2, 2], [0, 1]],
    "unembedding": [[1, 0, 2, 0], [0, 1, 1, 3]],
    "embedding": [[1, 0], [0, 1], [1, 1], [2, 0]],
    "explained": 2,
    "floor": 0,
    "clean_losses": [1, 2, 1],
    "spliced_losses": [2, 3, 2],
    "ablated_losses": [4, 6, 4],
    "bits": [[0, 1, 1, 0], [1, 1, 1, 1]],
    "responses": [[1, 0, 2], [0, 3, 2], [-1, 0, 0], [0, 0, 1]],
    "n_features": 4,
    "n_hidden": 2,
}
NUMBERS = {"threshold": 0.5, "inverse_temperature": 10.0, "rank": 1, "n_tokens": 3, "n_top": 2}
"""Of all metrics, an argument by its name; those left out have a default."""
METRICS = dict(inspect.getmembers(metrics, inspect.isfunction))
del METRICS["recovery"]  # made of others
ARRAYS = [
    (name, argument)
    for name, function in METRICS.items()
    for argument in inspect.signature(function).parameters
    if argument in GIVEN
]
HELD = {  # dtypes that need no conversion
    **dict.fromkeys(("W", "gram", "shares", "vectors"), np.float32),
    **dict.fromkeys(("logits", "targets", "losses", "reference"), np.float32),
    **dict.fromkeys(("W_dec", "W_decs", "W_wider", "b_dec", "features"), np.float32),
    **dict.fromkeys(("code", "factors", "inputs", "recon", "counts", "values"), np.float32),
    **dict.fromkeys(("n_features", "n_hidden", "explained", "floor"), np.float32),
    **dict.fromkeys(("activations", "means", "unembedding", "embedding"), np.float32),
    **dict.fromkeys(("clean_losses", "spliced_losses", "ablated_losses"), np.float32),
    "responses": np.float32,
    "bits": bool,
    "used": bool,
    **dict.fromkeys(("matches", "tokens", "contexts"), np.int32),
    **dict.fromkeys(("adjacency", "same", "represented"), bool),
    "labels": np.int32,
}
each_array = pytest.mark.parametrize(("name", "argument"), ARRAYS)


def arguments(name):
    wanted = inspect.signature(METRICS[name]).parameters
    return {key: value for key, value in {**GIVEN, **NUMBERS}.items() if key in wanted}


def axes_of(name, argument):
    hint = inspect.get_annotations(METRICS[name])[argument]
    return next(each for each in hint.__metadata__ if isinstance(each, Axes))


def called(name, **changed):
    return METRICS[name](**{**arguments(name), **changed})


def converted(name):
    return {k: np.asarray(v, HELD[k]) if k in HELD else v for k, v in arguments(name).items()}


def test_every_metric_is_here():
    assert {name for name, _ in ARRAYS} == {*METRICS}
    for name, argument in ARRAYS:
        assert axes_of(name, argument).n <= np.ndim(GIVEN[argument])


@pytest.mark.parametrize("name", METRICS)
def test_lists_and_integers_are_the_numbers_they_are(name):
    expected = METRICS[name](**converted(name))
    assert np.array_equal(called(name), expected)
    integers = {k: np.int64(v) for k, v in arguments(name).items() if k in GIVEN}
    assert np.array_equal(called(name, **integers), expected)
    assert np.asarray(called(name)).dtype == np.asarray(expected).dtype


def test_a_large_integer_does_not_wrap():
    assert metrics.feature_norms([[2**40]]).tolist() == [2.0**40]
    assert metrics.feature_norms(np.full((1, 1), 2, np.longdouble)).tolist() == [2.0]
    assert metrics.accuracy([[0, 2**40]], [[False, True]]) == 1
    with pytest.raises(ArgumentError, match="^labels=.*: expected whole numbers of type int32$"):
        metrics.component_sizes([0, 2**32])


@each_array
def test_what_is_no_real_number_is_refused(name, argument):
    real = np.asarray(GIVEN[argument])
    refused = [
        real + 0j,
        jnp.asarray(real) + 1j,
        real.astype(str),
        real.astype("datetime64[s]"),
        real.astype(object),
        None,
        {"W": 1},
        [[1.0], [1.0, 2.0]],
    ]
    for value in refused:
        with pytest.raises(ArgumentError, match=f"^{argument}=.*: expected [a-z ]*$"):
            called(name, **{argument: value})


@each_array
def test_labels_are_whole_and_truth_values_two(name, argument):
    fractions = np.asarray(GIVEN[argument]) + 0.5
    if axes_of(name, argument).holds == "real numbers":
        called(name, **{argument: fractions})
        return
    whole = axes_of(name, argument).holds == "whole numbers"
    for value in (fractions, fractions * 2) + (() if whole else ([2, 0],)):
        with pytest.raises(ArgumentError, match=f"^{argument}="):
            called(name, **{argument: value})


@each_array
def test_a_dimension_that_is_missing_or_empty_is_refused(name, argument):
    own, array = axes_of(name, argument).n, np.asarray(GIVEN[argument])
    lacking = array[(0,) * (array.ndim - own + 1)] if own else array
    empty = np.zeros((*array.shape[:-1], 0), array.dtype)
    for value in (lacking, empty) if own else ():
        told = re.escape(f"{argument} of shape {value.shape}: expected (..., ")
        with pytest.raises(ArgumentError, match=f"^{told}"):
            called(name, **{argument: value})


BESIDE = [(name, argument) for name, argument in ARRAYS if len(set(arguments(name)) & {*GIVEN}) > 1]
SQUARE = [
    (name, "gram" if "gram" in name or "ratio" in name else "adjacency")
    for name in ("participation_ratio", "gram_dimensionality", "component_labels")
]


@pytest.mark.parametrize(("name", "argument"), [*BESIDE, *SQUARE])
def test_arrays_that_do_not_fit_one_another_are_refused(name, argument):
    """One feature or example less than in the other argument, or than on the other side."""
    dims = axes_of(name, argument).dims
    if shared := [axis for axis, dim in enumerate(dims) if is_met_again(dim, name, argument)]:
        less = np.delete(GIVEN[argument], -1, axis=shared[0])
        with pytest.raises(ArgumentError, match=" of shape .*: expected .*, with [0-9] along "):
            called(name, **{argument: less})


def is_met_again(dim, name, argument):
    """Whether another dimension of the arguments is as long as one."""
    others = {key: axes_of(name, key).dims for key in arguments(name) if key in {*GIVEN}}
    every = [each.removeprefix("other_") for dims in others.values() for each in dims]
    return every.count(dim.removeprefix("other_")) > 1


@pytest.mark.parametrize(("name", "argument"), BESIDE)
def test_leading_dimensions_are_broadcast_where_they_can_be(name, argument):
    alone = np.asarray(called(name))
    three = {argument: np.stack([GIVEN[argument]] * 3)}
    np.testing.assert_allclose(called(name, **three), np.stack([alone] * 3), rtol=1e-6)
    other = next(key for key in arguments(name) if key in {*GIVEN} - {argument})
    with pytest.raises(ArgumentError, match="expected leading dimensions that broadcast$"):
        called(name, **three, **{other: np.stack([GIVEN[other]] * 2)})


def test_labels_in_place_of_one_hot_targets_are_refused():
    told = r"^targets of shape \(2,\): expected \(\.\.\., example, output\)$"
    with pytest.raises(ArgumentError, match=told):
        metrics.accuracy(np.zeros((3, 4)), np.zeros(2))


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("feature_graph", {"threshold": -0.1}),
        ("tegum_factors", {"threshold": np.nan}),
        ("tegum_factors", {"threshold": [0.1, 0.2, 0.3, 0.4]}),
        ("component_ranks", {"tolerance": 1.0}),
        ("block_spread", {"tolerance": "small"}),
        ("polytope_of", {"tolerance": -1}),
        ("polytope_codes", {"tolerance": 2.5}),
        ("local_learning_coefficient", {"inverse_temperature": 0}),
    ],
)
def test_numbers_have_their_range(name, changed):
    (argument,) = changed
    with pytest.raises(ArgumentError, match=f"^{argument}=.*: expected a number in "):
        called(name, **changed)


def test_what_has_no_direction_has_no_figure():
    for value in ([[1, 0], [0, 0]], np.ones((2, 3, 2))):
        with pytest.raises(ArgumentError, match="^vectors of shape"):
            metrics.polytope_of(value)


def test_a_metric_on_the_host_is_not_traced():
    with pytest.raises(ArgumentError, match="^vectors: traced, but"):
        jax.jit(metrics.polytope_of)(jnp.ones((3, 2)))


def test_a_list_of_what_is_traced_is_an_array():
    found = jax.jit(lambda a, b: metrics.feature_norms([[a, b], [b, b]]))(3.0, 4.0)
    np.testing.assert_allclose(found, [5, 32**0.5], rtol=1e-6)


# By name


def named(name):
    """The arguments for two seeds, as DataArrays whose dimensions are in another order."""
    found = {}
    for key, value in converted(name).items():
        if key in HELD:
            dims = axes_of(name, key).dims
            one = value[(0,) * (value.ndim - len(dims))]
            both = np.stack([one, one[::-1] if dims else one])
            array = xarray.DataArray(both, dims=("seed", *dims), coords={"seed": [3, 5]})
            found[key] = array.transpose(*dims[::-1], "seed")
    return found


@pytest.mark.parametrize("name", sorted(METRICS.keys() - {"polytope_of"}))
def test_a_data_array_is_read_by_name_and_gives_one(name):
    given = named(name)
    plain = {k: v.transpose("seed", *axes_of(name, k).dims).to_numpy() for k, v in given.items()}
    found = called(name, **given)
    assert isinstance(found, xarray.DataArray)
    assert found.name == name
    assert found.dims == ("seed", *axes_of(name, "return").dims)
    assert found["seed"].to_numpy().tolist() == [3, 5]
    np.testing.assert_array_equal(found, called(name, **plain))


def test_the_figure_of_named_rows_is_a_text():
    columns = [[1.0, -0.5, -0.5], [0, 0.75**0.5, -(0.75**0.5)]]
    rows = xarray.DataArray(columns, dims=("hidden", "feature"))
    assert metrics.polytope_of(rows) == "triangle"


def test_coordinates_and_other_dimensions_stay():
    one = xarray.DataArray(np.eye(3)[None], dims=("density", "hidden", "feature"))
    one = one.assign_coords(density=[0.05], feature=list("abc"), name=("density", ["x"]))
    found = metrics.capacity(one)
    assert found.sel(density=0.05, feature="b") == 1
    assert found["name"].item() == "x"


@pytest.mark.parametrize("dims", [("W_0", "W_1"), ("feature", "output"), ("hidden", "other")])
def test_other_names_are_refused(dims):
    told = rf"^W over \({dims[0]}, {dims[1]}\): expected dimensions feature, hidden$"
    with pytest.raises(ArgumentError, match=told):
        metrics.feature_norms(xarray.DataArray(np.ones((4, 2)), dims=dims))


def test_labels_of_other_coordinates_are_refused():
    W = xarray.DataArray(np.ones((2, 4, 2)), dims=("seed", "feature", "hidden"))
    labels = xarray.DataArray(np.zeros((2, 4), int), dims=("seed", "feature"))
    given = {"labels": labels.assign_coords(seed=[0, 1])}
    with pytest.raises(ArgumentError, match="^W, labels: "):
        metrics.component_ranks(W.assign_coords(seed=[1, 2]), **given)
    with pytest.raises(ArgumentError, match=r"^labels of shape \(2, 4\): .*, or a DataArray$"):
        metrics.component_ranks(W, np.zeros((2, 4), int))
    assert metrics.component_ranks(W, [0, 0, 2, 2]).shape == (2, 4)
