import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpos.arguments import ArgumentError
from superpos.store.grid import Grid, canonical, make_grid

SPEC = {"model.n_features": 3, "optim.kind": "adam"}


def only_id(axes, spec=SPEC, zipped=()):
    (member_id,) = make_grid(axes, zipped).member_ids(spec)
    return member_id


def test_the_dimensions_are_multiplied_out_in_written_order():
    grid = make_grid({"b": [1, 2], "seed": [5, 3, 4], "a": [0.5]})
    assert list(grid.dims) == ["b", "seed", "a"]
    assert grid.shape == (2, 3, 1)
    assert grid.n_members == 6
    np.testing.assert_array_equal(grid.points["b"], np.float32([1, 2]))
    np.testing.assert_array_equal(grid.points["a"], np.float32([0.5, 0.5]))
    np.testing.assert_array_equal(grid.seeds, [5, 3, 4])
    assert grid.seeds.dtype == np.uint32
    assert {column.dtype for column in grid.points.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("written", "dtype"),
    [
        ([1, 2], np.int64),
        (range(2), np.int64),
        (np.uint8([1, 2]), np.int64),
        ([1, 0.1], np.float64),
        (np.float32([0.1, 2]), np.float64),
        ([2**63, 1], np.float64),
    ],
)
def test_labels_are_as_they_were_written_and_inputs_are_float32(written, dtype):
    grid = make_grid({"a": written})
    assert grid.axes["a"].dtype == dtype
    assert grid.axes["a"].tolist() == [*written]
    assert grid.column("a").dtype == dtype
    assert grid.inputs("a").dtype == grid.points["a"].dtype == np.float32
    np.testing.assert_array_equal(grid.points["a"], np.float32([*written]))
    seeds = make_grid({"seed": np.uint32([7, 2**32 - 1])})
    assert (seeds.axes["seed"].dtype, seeds.seeds.dtype) == (np.int64, np.uint32)


@pytest.mark.parametrize("place", range(3))
def test_members_are_numbered_by_position_wherever_the_seed_is(place):
    names = ["a", "b"]
    names.insert(place, "seed")
    axes = {"a": [0.1, 0.2], "b": [1, 2, 3], "seed": [7, 0, 9, 4]}
    grid = make_grid({name: axes[name] for name in names})
    assert grid.shape == tuple(len(axes[name]) for name in names)
    assert sorted(grid.members.ravel()) == list(range(24))
    for point, seed in itertools.product(range(6), range(4)):
        position = np.unravel_index(grid.members[point, seed], grid.shape)
        values = {name: axes[name][i] for name, i in zip(names, position, strict=True)}
        assert values["seed"] == grid.seeds[seed]
        assert np.float32(values["a"]) == grid.points["a"][point]
        assert np.float32(values["b"]) == grid.points["b"][point]


@pytest.mark.parametrize("names", list(itertools.permutations(["a", "b", "seed"])))
def test_an_id_is_in_the_place_of_its_values(names):
    axes = {"a": [0.1, 0.2], "b": [1, 2, 3], "seed": [7, 0]}
    grid = make_grid({name: axes[name] for name in names})
    ids = grid.member_ids(SPEC).reshape(grid.shape)
    for position in np.ndindex(grid.shape):
        values = {name: [axes[name][i]] for name, i in zip(names, position, strict=True)}
        assert ids[position] == only_id(values)


def test_no_axes_is_one_member_of_seed_0():
    grid = make_grid({})
    assert (grid.shape, grid.n_members, grid.points) == ((), 1, {})
    assert only_id({}) == only_id({"seed": [0]})
    np.testing.assert_array_equal(grid.members, [[0]])


def test_zipped_axes_share_a_dimension_named_after_the_first():
    axes = {"c": [9, 8], "b": [1, 2, 3], "seed": [0, 1], "a": [0.1, 0.2, 0.3]}
    grid = make_grid(axes, [["a", "b"]])
    assert grid.dims == {"c": ("c",), "seed": ("seed",), "a": ("a", "b")}
    assert grid.shape == (2, 2, 3)
    np.testing.assert_array_equal(grid.points["a"], np.float32([0.1, 0.2, 0.3] * 2))
    np.testing.assert_array_equal(grid.points["b"], np.float32([1, 2, 3] * 2))
    np.testing.assert_array_equal(grid.points["c"], np.float32([9] * 3 + [8] * 3))


def test_members_zipped_with_their_seed_keep_their_place_among_points_and_seeds():
    axes = {"a": [0.5, 0.5, 2.0, 3.0], "b": [1, 1, 1, 4], "seed": [7, 9, 7, 9], "c": [10, 20]}
    grid = make_grid(axes, [["a", "b", "seed"]])
    assert grid.seeds.tolist() == [7, 9]
    values = np.stack([grid.points[name] for name in ("c", "a", "b")], axis=1).tolist()
    # Members are numbered along (zipped, c): 2 x the row + the position of c.
    expected = {
        (10, 0.5, 1): [0, 2],
        (10, 2, 1): [4, -1],
        (10, 3, 4): [-1, 6],
        (20, 0.5, 1): [1, 3],
        (20, 2, 1): [5, -1],
        (20, 3, 4): [-1, 7],
    }
    assert {tuple(v): row.tolist() for v, row in zip(values, grid.members, strict=True)} == expected
    missing = grid.missing(np.arange(8) != 3)
    assert missing.sum() == 1
    assert grid.members[missing] == [3]


def test_a_member_has_the_same_id_whether_its_seed_is_zipped_or_an_axis():
    product = make_grid({"a": [1, 2], "seed": [0, 5]}).member_ids(SPEC).reshape(2, 2)
    zipped = make_grid({"a": [1, 2], "seed": [5, 0]}, [["a", "seed"]]).member_ids(SPEC)
    assert zipped.tolist() == [product[0, 1], product[1, 0]]


def test_a_zipped_axis_may_repeat_a_value_but_not_a_pair():
    grid = make_grid({"a": [1, 1, 2], "b": [1, 2, 1]}, [["a", "b"]])
    assert len(set(grid.member_ids(SPEC))) == 3
    with pytest.raises(ArgumentError, match=r"a, b: \[1, 2\] appears twice"):
        make_grid({"a": [1, 1, 2], "b": [2, 2, 1]}, [["a", "b"]])


def test_an_id_is_16_hexadecimal_digits_that_no_version_may_change():
    # Every store is keyed by these: another hash would train all of its members again.
    spec = {"model.n_features": 3, "optim.kind": "adam", "optim.b1": 0.9, "mixed": [1, 0.5, None]}
    assert only_id({"data.density": [0.1], "seed": [7]}, spec) == b"74bf85c46e128519"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"x": 1e-3}, {"x": 0.001}),
        ({"x": 1}, {"x": 1.0}),
        ({"x": 10000}, {"x": 1e4}),
        ({"x": 0.1}, {"x": np.float32(0.1)}),
        ({"x": 3}, {"x": np.int64(3)}),
        ({"x": 0.0}, {"x": -0.0}),
        ({"x": (1, 2.0)}, {"x": [1.0, 2]}),
        ({"x": {"y": 1.0}}, {"x": {"y": 1}}),
        ({"x": 1, "y": 2}, {"y": 2, "x": 1}),
    ],
)
def test_one_value_has_one_id_however_it_is_written(one, other):
    assert only_id({}, one) == only_id({}, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"x": 1}, {"x": 2}),
        ({"x": 1}, {"x": "1"}),
        ({"x": 1}, {"y": 1}),
        ({"x": 1}, {"x": 1, "y": 1}),
        ({"x": 0.1}, {"x": float(np.nextafter(np.float32(0.1), np.float32(1)))}),
        ({"x": [1, 2]}, {"x": [2, 1]}),
        ({"x": None}, {"x": 0}),
        ({"x": 2**31 - 1}, {"x": 2**31 - 2}),
    ],
)
def test_another_spec_is_another_id(one, other):
    assert only_id({}, one) != only_id({}, other)


def test_an_axis_is_the_same_as_that_constant_in_the_spec():
    for value in (0.1, 1, 1.0, 1e-3, 250):
        assert only_id({"optim.rate": [value]}) == only_id({}, {**SPEC, "optim.rate": value})


def test_an_axis_takes_the_place_of_the_spec():
    assert only_id({"rate": [0.5]}, {"rate": 0.1}) == only_id({}, {"rate": 0.5})


@given(
    order=st.permutations(["a", "b", "seed"]),
    extra=st.lists(st.integers(3, 2**20), unique=True, max_size=3),
)
def test_an_id_depends_neither_on_the_order_of_the_axes_nor_on_other_values(order, extra):
    axes = {"a": [0.1, 0.2, *extra], "b": [1, 2, *extra], "seed": [7, 0, *extra]}
    small = make_grid({"a": [0.1, 0.2], "b": [1, 2], "seed": [7, 0]})
    large = make_grid({name: axes[name][::-1] for name in order})
    small_ids, large_ids = small.member_ids(SPEC), large.member_ids(SPEC)
    assert len(set(small_ids)) == 8
    assert len(set(large_ids)) == large.n_members
    assert set(small_ids) <= set(large_ids)


@given(
    st.lists(
        st.tuples(st.floats(0, 1, width=32), st.integers(0, 2**32 - 1)), min_size=2, unique=True
    )
)
def test_members_with_another_value_or_seed_have_another_id(members):
    members = {(float(value) + 0.0, seed) for value, seed in members}
    ids = {only_id({"a": [value], "seed": [seed]}) for value, seed in members}
    assert len(ids) == len(members)


def test_a_collision_of_two_ids_is_noticed():
    # make_grid lets no two members be alike, so this needs a grid that it did not make.
    twice = Grid({"a": np.float32([1, 1])}, {"a": ("a",)})
    with pytest.raises(RuntimeError, match="same content hash"):
        twice.member_ids(SPEC)


@pytest.mark.parametrize(
    ("axes", "words"),
    [
        ({"a": []}, ["a:", "empty"]),
        ({"a": 0.5}, ["a=0.5"]),
        ({"a": [[1, 2]]}, ["a"]),
        ({"a": [[1], [1, 2]]}, ["a"]),
        ({"a": [float("nan"), 1]}, ["a=", "finite"]),
        ({"a": [float("inf")]}, ["a=", "finite"]),
        ({"a": [1e39]}, ["a=", "finite"]),  # infinite in float32
        ({"a": ["x"]}, ["a="]),
        ({"a": [True]}, ["a="]),
        ({"a": [None]}, ["a="]),
        ({"a": [1, 2, 1]}, ["a:", "twice"]),
        ({"a": [0.1, 0.1 + 1e-9]}, ["a:", "twice"]),  # the same in float32
        ({"a": [0.0, -0.0]}, ["a:", "twice"]),
        ({"a": [2**24, 2**24 + 1]}, ["a:", "twice"]),
        ({"seed": []}, ["seed:", "empty"]),
        ({"seed": [1, 1]}, ["seed:", "twice"]),
        ({"seed": [-1]}, ["seed=[-1]", "4294967295"]),
        ({"seed": [2**32]}, ["seed=[4294967296]"]),
        ({"seed": [2**64]}, ["seed="]),
        ({"seed": [1.0]}, ["seed=[1.0]", "integers"]),
        ({"seed": [0.5]}, ["seed=[0.5]", "integers"]),
        ({"seed": [True]}, ["seed="]),
    ],
)
def test_a_bad_axis_is_refused_in_one_line(axes, words, one_line):
    with pytest.raises(ArgumentError) as refusal:
        make_grid(axes)
    assert one_line(refusal, *words)


def test_the_largest_seed_is_allowed():
    assert make_grid({"seed": [0, 2**32 - 1]}).seeds.tolist() == [0, 2**32 - 1]


@pytest.mark.parametrize(
    ("zipped", "words"),
    [
        ([["a", "c"]], ["a has 2", "c has 3"]),
        ([["a", "nope"]], ["zipped", "nope"]),
        ([["a", "a"]], ["zipped"]),
        ([["a", "b"], ["b", "d"]], ["zipped"]),
        ([["a", "b"], ["a", "d"]], ["zipped"]),
        ([["a", "b"], ["d", "b"]], ["zipped"]),
        ([[]], ["zipped"]),
    ],
)
def test_bad_zipped_axes_are_refused_in_one_line(zipped, words, one_line):
    axes = {"a": [1, 2], "b": [3, 4], "c": [1, 2, 3], "d": [5, 6], "seed": [0, 1]}
    with pytest.raises(ArgumentError) as refusal:
        make_grid(axes, zipped)
    assert one_line(refusal, *words)


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_canonical_is_idempotent_and_keeps_float32(value):
    once = canonical(value)
    assert canonical(once) == once
    assert np.float32(once) == np.float32(value)


@pytest.mark.parametrize("value", [1e300, -1e39, float("nan"), float("inf")])
def test_what_float32_cannot_hold_is_refused(value):
    with pytest.raises(ArgumentError, match="expected a finite number$"):
        canonical(value)
