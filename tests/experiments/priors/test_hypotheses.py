"""Shares of networks that pick a rule, on outputs made by hand."""

import json

import numpy as np
import pytest
import xarray

from experiments.priors.hypotheses import measure as hypotheses
from experiments.priors.hypotheses.claims import CLAIMS, exchange, judge, shares
from experiments.priors.hypotheses.figures import draw, tables
from experiments.priors.hypotheses.measure import Picked, examples, measure

SIZES = {"feature": 5, "example": 8, "held_out": 8}
DIMS = ("pair", "data_seed", "seed")
PAIRS, DATA, SEEDS = (2, 4), (0, 1), range(3)
PLAIN = {"model.init.bias_std": 0.1, "data.label_noise": 0.0, "data.shuffled": False}


def empty(**changes):
    """A dataset of the sizes of the data, over pair, data_seed and seed."""
    config = json.dumps({**PLAIN, **{f"data.{key}": value for key, value in changes.items()}})
    shape = (len(PAIRS), len(DATA), len(SEEDS))
    arrays = {
        "status": (DIMS, np.full(shape, "ok", object)),
        "held_out_outputs": (
            (*DIMS, "step_outputs", "held_out", "output"),
            np.ones((*shape, 1, SIZES["held_out"], 1)),
        ),
        "batch_outputs": (
            (*DIMS, "step_outputs", "example", "output"),
            np.ones((*shape, 1, SIZES["example"], 1)),
        ),
        "weights.0": (("feature",), np.zeros(SIZES["feature"])),
    }
    axes = {"pair": [*PAIRS], "data_seed": [*DATA], "seed": [*SEEDS]}
    return xarray.Dataset(arrays, axes, {"config": config})


def by_rule(sign, **changes):
    """Networks that fit, and say what the first rule says (sign 1) or the second (-1)."""
    dataset = empty(**changes)
    for i, row in enumerate(examples(dataset)):
        for j, made in enumerate(row):
            dataset["held_out_outputs"][i, j, :, 0, :, 0] = sign * made.first
            dataset["batch_outputs"][i, j, :, 0, :, 0] = 0.3 * made.train.targets[:, 0]
    return dataset


def whole(monkeypatch):
    """Networks that follow the first rule, unless half of its labels are wrong."""
    monkeypatch.setattr(hypotheses, "N_DRAWS", 20)
    points = [(64, 1, 1.4), (16, 1, 0.5), (16, 1, 1.4), (16, 1, 4.0)]  # in the order of programs
    factors = xarray.concat([by_rule(1)] * len(points), "n_hidden")
    for at, name in enumerate(("n_hidden", "n_layers", "weight_std")):
        factors[name] = ("n_hidden", [point[at] for point in points])
    for name in ("learning_rate", "weight_decay"):
        factors[name] = ("n_hidden", [0.01] * len(points))
    few = factors.isel(n_hidden=[2, 0])
    noisy = [by_rule(sign, label_noise=level) for sign, level in ((1, 0.0), (-1, 0.5))]
    noise = xarray.concat(noisy, "label_noise").assign_coords(label_noise=[0.0, 0.5])
    return {
        "factors": factors,
        "sgd": by_rule(1),
        "noise": noise,
        "shuffled": by_rule(1, shuffled=True),
        "few": few,
        "guessed": by_chance(few),
    }


def by_chance(few):
    """Of two networks that were to be kept, one fits, and says what the second rule says."""
    opposite = -few["held_out_outputs"].isel(step_outputs=0)
    return few.assign(guessed_outputs=xarray.concat([opposite, opposite * np.nan], "guess"))


def test_networks_are_counted_by_the_rule_they_pick_where_they_fit():
    agreement = np.array([[[1.0, 0.8, 0.5, 0.1, 0.9]]])
    fits = np.array([[[True, True, True, True, False]]])
    cell = Picked("base", agreement, fits)
    np.testing.assert_array_equal(cell.counts(), [[2, 1, 1]])
    np.testing.assert_allclose(cell.mean(), [[0.6]])
    np.testing.assert_allclose(shares(cell), [[0.5, 0.25, 0.25]])
    assert np.isnan(Picked("none", agreement, ~fits & fits).mean()).all()


def test_networks_that_miss_an_example_or_diverged_do_not_count():
    dataset = by_rule(1)
    dataset["batch_outputs"][0, 0, 0, 0, 3] *= -1
    dataset["status"][0, 0, 1] = "diverged@1"
    found = hypotheses.picked(dataset, "base")
    assert found.fits.sum() == found.fits.size - 2 and not found.fits[0, 0, :2].any()
    assert (found.agreement == 1).all()


@pytest.mark.parametrize("changes", [{"label_noise": 0.5}, {"shuffled": True}])
def test_the_labels_are_those_that_networks_were_trained_on(changes):
    """Whichever variant was trained so, by its config or along its axis of label noise."""
    dataset = by_rule(1, **changes)
    assert hypotheses.picked(dataset, "base").fits.all()
    plain = empty()
    assert not hypotheses.picked(dataset.assign_attrs(plain.attrs), "base").fits.any()
    if "label_noise" in changes:
        along = dataset.assign_attrs(plain.attrs).assign_coords(**changes)
        assert hypotheses.picked(along, "base").fits.all()


def test_the_analysis_from_outputs_to_figures(monkeypatch, tmp_path):
    measured = measure(whole(monkeypatch))
    names = ["base", "width 64", "start 0.5", "start 4", "SGD with momentum"]
    assert [cell.name for cell in measured.cells] == names
    found = {v.claim.id.rsplit("/", 1)[1]: v for v in judge(measured)}
    assert found.keys() == CLAIMS.keys()
    assert found["linear_slabs"].measured == 1 and found["linear_slabs"].reproduced
    assert found["rotation"].measured == 1 and not found["rotation"].reproduced
    assert found["parity"].reproduced is None and found["holds"].reproduced is None
    assert found["drops"].measured == 0 and found["drops"].reproduced
    assert exchange(measured).endswith("pair 2: 0.5, pair 4: 0.5")
    assert found["shuffled"].reproduced is False
    assert found["fits"].measured == 1
    assert [cell.name for cell in measured.guessed] == ["base", "width 64"]
    assert found["chance_distance"].measured == 1
    assert found["chance"].note.count("3 to 3 networks that fit by chance are kept") == 1
    assert {limit.agreement.shape for limit in measured.kernels.values()} == {(2, 2, 20)}
    for figure in draw(measured, tmp_path):
        assert (tmp_path / figure.name).exists()
    [table] = tables(measured)
    assert table.rows[0][1] == "6, 0, 0 of 6"
