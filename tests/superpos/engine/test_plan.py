import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from superpos.engine.plan import even_width, largest, padded, plan
from superpos.store.width import Width

COUNT = st.integers(1, 40)
MISSING = arrays.arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 8)))
WIDTH = st.builds(Width, st.integers(1, 9), st.integers(1, 13))


@settings(max_examples=200)
@given(MISSING, WIDTH)
def test_the_plan_covers_each_missing_member_once_and_no_other(missing, width):
    covered = np.zeros(missing.shape, int)
    for chunk in plan(missing, width):
        covered[np.ix_(chunk.points, chunk.seeds)] += 1
    np.testing.assert_array_equal(covered, missing)


@settings(max_examples=200)
@given(MISSING, WIDTH)
def test_no_chunk_is_larger_than_the_width_or_empty(missing, width):
    for chunk in plan(missing, width):
        assert 1 <= len(chunk.seeds) <= width.n_seeds
        assert 1 <= len(chunk.points) <= width.n_points


@settings(max_examples=100)
@given(COUNT, COUNT, st.integers(1, 12), st.integers(1, 12))
def test_a_whole_grid_takes_no_more_chunks_than_it_must(n_points, n_seeds, seeds, points):
    chunks = list(plan(np.ones((n_points, n_seeds), bool), Width(seeds, points)))
    assert len(chunks) == -(-n_points // points) * -(-n_seeds // seeds)


def test_nothing_missing_is_an_empty_plan():
    assert list(plan(np.zeros((3, 2), bool), Width(1, 1))) == []


@settings(max_examples=100)
@given(COUNT, COUNT, st.integers(1, 2000))
def test_an_even_width_is_within_its_bounds(n_seeds, n_points, most):
    width = even_width(n_seeds, n_points, most)
    assert 1 <= width.n_seeds <= n_seeds
    assert 1 <= width.n_points <= n_points
    assert width.n_members <= most


@settings(max_examples=100)
@given(COUNT, COUNT, st.integers(0, 100))
def test_a_grid_that_fits_is_one_chunk(n_seeds, n_points, spare):
    assert even_width(n_seeds, n_points, n_seeds * n_points + spare) == (n_seeds, n_points)


@settings(max_examples=100)
@given(COUNT, st.integers(1, 60))
def test_an_even_width_pads_less_than_one_position_per_chunk(n_points, most):
    width = even_width(1, n_points, most).n_points
    n_chunks = -(-n_points // width)
    assert n_chunks == -(-n_points // min(n_points, most))  # as few as the bound allows
    assert n_chunks * width - n_points < n_chunks


@given(WIDTH)
def test_halving_reaches_one_member_and_stays_there(width):
    for _ in range(20):
        half = width.halved()
        assert half.n_members < width.n_members or width == half == (1, 1)
        assert half.n_members >= width.n_members / 2
        width = half
    assert width == (1, 1)


@given(st.lists(st.integers(0, 100), min_size=1, max_size=8, unique=True), st.integers(0, 5))
def test_padding_repeats_the_first_position_at_the_end(positions, n_more):
    full = padded(np.asarray(positions), len(positions) + n_more)
    assert full.tolist() == positions + [positions[0]] * n_more


def test_the_largest_chunk_of_a_sweep_with_gaps_has_one_seed():
    members = np.arange(6).reshape(3, 2)
    assert largest(members) == Width(2, 3)
    assert largest(np.where([[1, 1], [1, 0], [0, 1]], members, -1)) == Width(1, 2)
