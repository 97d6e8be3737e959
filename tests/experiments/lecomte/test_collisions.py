"""The claims on incidental polysemanticity, on weights made by hand."""

import numpy as np
import pytest
import xarray

from experiments.lecomte.collisions.claims import judge
from experiments.lecomte.collisions.figures import draw
from experiments.lecomte.collisions.measure import (
    Ends,
    Weights,
    ends,
    expected,
    measure,
    polysemantic,
)

N, INSTANCES = 64, 200


def settled(m, rng, n=N):
    """Every feature in one neuron of m at random, with either sign, kept where signs differ."""
    W = np.zeros((INSTANCES, n, m))
    index = rng.integers(m, size=(INSTANCES, n))
    sign = rng.choice([-1.0, 1.0], size=(INSTANCES, n))
    np.put_along_axis(W, index[..., None], sign[..., None], axis=-1)
    return W


NOTHING = Ends(np.zeros((0, N, 8)), np.zeros((0, N, 8)))


def verdicts(trained, descent=NOTHING):
    return {v.claim.id.rsplit("/", 1)[1]: v for v in judge(Weights(trained, NOTHING, descent))}


def test_neurons_of_two_features_or_more_are_counted():
    W = np.zeros((2, 4, 3))
    W[0, 0, 0] = W[0, 1, 0] = -0.9  # two features
    W[0, 2, 1] = W[0, 3, 1] = 1.1
    W[1, :, 2] = 1.0  # four features in one neuron
    W[1, 0, 0], W[1, 1, 0] = 0.5, 1.3  # weights of other sizes do not count
    np.testing.assert_array_equal(polysemantic(W), [2, 1])


def colliding(m, pairs):
    """Features in a neuron each, but for some that share one with another."""
    W = np.zeros((INSTANCES, N, m))
    for feature in range(N):
        W[:, feature, feature // 2 if feature < 2 * pairs else feature % m] = 1.0
    return W


def test_as_many_collisions_as_chance_has_are_on_the_line():
    trained = [colliding(m, N**2 // (4 * m)) for m in (128, 256, 512)]
    np.testing.assert_array_equal(expected(trained), [8, 4, 2])
    found = verdicts(trained)
    assert found["line"].measured == 0
    assert found["slope"].measured == pytest.approx(-1)
    assert found["line"].reproduced and found["slope"].reproduced
    assert found["same_neuron"].reproduced is None


def test_as_many_collisions_whatever_the_width_are_not():
    rng = np.random.default_rng(1)
    narrow = settled(32, rng)
    wide = [np.concatenate([narrow, np.zeros((INSTANCES, N, m - 32))], -1) for m in (64, 128, 512)]
    found = verdicts([narrow, *wide])
    assert found["line"].reproduced is False
    assert found["slope"].reproduced is False


@pytest.mark.parametrize(("moved", "reproduced"), [(0, True), (N // 2, False)])
def test_the_neuron_that_wins_is_compared_with_the_start(moved, reproduced):
    """Each feature ends along its start, but for some that end along that of the next one."""
    start = np.random.default_rng(2).normal(size=(4, N, 80)) * 0.05 + np.eye(N, 80) / 2
    end = np.stack([np.eye(N, 80)] * 4)
    end[:, :moved] = np.roll(end[:, :moved], 1, axis=1)
    verdict = verdicts([], Ends(start, end))["same_neuron"]
    assert verdict.reproduced is reproduced
    assert verdict.measured == 1 - moved / N


def test_models_that_were_not_trained_do_not_reproduce_it():
    """Each is along its own start, of course, and settled nowhere."""
    start = np.random.default_rng(2).normal(size=(4, N, 512)) * 512**-0.5
    assert verdicts([], Ends(start, start))["same_neuron"].measured == 0


def test_the_largest_weight_at_the_start_is_in_the_note():
    start = np.random.default_rng(2).normal(size=(4, N, 16)) * 0.2
    end = np.zeros_like(start)
    np.put_along_axis(end, np.abs(start).argmax(-1)[..., None], 1.0, axis=-1)
    note = verdicts([], Ends(start, end))["same_neuron"].note
    assert note.startswith("gradient descent: a share of")
    assert "largest weight at the start for 1.00, its median rank there is 1 of 16" in note


def test_models_without_collisions_have_no_slope_and_those_of_one_width_leave_it_open():
    none = np.zeros((3, N, 8))
    assert verdicts([none, none])["slope"].reproduced is False
    assert verdicts([settled(64, np.random.default_rng(3))])["line"].reproduced is None
    assert verdicts([])["same_neuron"].reproduced is None


def test_measure_takes_each_size_without_what_it_is_padded_with(tmp_path):
    """Models of 4 and 8 neurons as one Dataset, of which one diverged."""
    W = np.full((2, 3, 4, 8), np.nan)
    W[0, :, :, :4], W[1] = np.eye(4), np.eye(4, 8)
    W[0, :, 1], W[1, 2] = W[0, :, 0], np.nan  # two features in a neuron of the smaller ones
    status = np.full((2, 3), "ok", object)
    status[1, 2] = "diverged@1"
    dims = ("n_hidden", "seed")
    coords = {"n_hidden": [4, 8], "seed": range(3)}
    trained = xarray.Dataset(
        {"W": ((*dims, "feature", "hidden"), W), "status": (dims, status)}, coords
    )
    start = trained.sel(n_hidden=8, drop=True)
    measured = measure({"start": start, "trained": trained, "descent": start.isel(seed=[1, 2])})
    assert measured.widest.start.shape == measured.widest.end.shape == (2, 4, 8)
    assert measured.descent.start.shape == measured.descent.end.shape == (1, 4, 8)
    assert ends(start.isel(hidden=slice(4)), start).end.shape[0] == 0, "of another size"
    assert ends(start.isel(seed=[1]), start).end.shape[0] == 1
    line, _, same = judge(measured)
    assert "m=4: 1, m=8: 0" in line.note
    assert "m from 4 to 8, 3 instances" in line.claim.setting
    assert same.measured == 1
    [figure] = draw(measured, tmp_path)
    assert (tmp_path / figure.name).exists()
