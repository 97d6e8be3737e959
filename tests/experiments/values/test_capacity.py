"""Claims of labels and names by hidden units, on curves made by hand."""

import numpy as np
import pytest
import xarray

from experiments.values.capacity.claims import CLAIMS, judge
from experiments.values.capacity.figures import draw, tables
from experiments.values.capacity.measure import Capacity, measure
from experiments.values.curves import KEYS, Curve

N = np.geomspace(4, 4096, 11)
WIDTHS = (8.0, 16.0, 32.0, 64.0)


def curve(labels, floor=0.0, runs=3):
    """Of a regret that is 0.5 at a number of labels."""
    return Curve(N, np.tile(np.clip(0.5 * labels / N, floor, 1), (runs, 1)))


def capacity(**changes):
    learners = {
        "dense": {m: curve(800 / m) for m in WIDTHS},
        "sparse": {m: curve(400 / m) for m in WIDTHS},
        "corrected": {m: curve(400 / m) for m in WIDTHS},
        "units": {m: curve(60.0) for m in WIDTHS},
    }
    made = Capacity(
        n_concepts=32,
        curves={**learners, **changes.pop("curves", {})},
        names={m: 0.8 / m for m in WIDTHS},
        features_per_dimension={m: 30 / m for m in WIDTHS},
        capacity={m: m / 64 for m in WIDTHS},
    )
    return made._replace(**changes)


def verdicts(measured):
    return {v.claim.id.rsplit("/", 1)[1]: v for v in judge(measured)}


def test_a_power_law_holds_every_claim():
    found = verdicts(capacity())
    assert {key: v.reproduced for key, v in found.items()} == dict.fromkeys(CLAIMS, True)
    assert found["labels"].measured == pytest.approx(-1, abs=0.02)
    assert found["names"].measured == pytest.approx(-1)
    assert found["sparse"].measured == pytest.approx(0.5, abs=0.05)


def test_labels_that_do_not_fall_or_bend_are_seen():
    bent = {8.0: curve(400), 16.0: curve(20), 32.0: curve(18), 64.0: curve(18)}
    never = {m: curve(400 / m, floor=0.6) for m in WIDTHS}
    found = verdicts(
        capacity(
            curves={"dense": bent, "sparse": never, "units": bent},
            names=dict.fromkeys(WIDTHS, 0.3),
            features_per_dimension=dict.fromkeys(WIDTHS, 1.0),
        )
    )
    assert not any(v.reproduced for v in found.values())
    assert found["straight"].measured == pytest.approx((400 * 18 / 20**2) ** (1 / 3), rel=0.05)


def test_too_few_widths_are_not_judged():
    few = {m: curve(50) for m in WIDTHS[1:3]}
    found = verdicts(
        capacity(
            curves=dict.fromkeys(("dense", "sparse", "corrected", "units"), few),
            names=dict.fromkeys(few, 0.1),
        )
    )
    assert {key for key, v in found.items() if v.reproduced is not None} == {"sparse", "superposed"}


def test_networks_are_told_by_their_numbers(monkeypatch):
    widths, members = [2.0, 4.0], [0.0, 1.0]
    W = np.zeros((2, 4, 3))
    W[0, :2, :2], W[1, :3, :3] = np.eye(2), np.eye(3)
    pretrained = xarray.Dataset(
        {"status": ("width", ["ok"] * 2), "weights.1": (("width", "hidden", "output"), W)},
        {"width": widths},
    )
    regret = np.array([[0.9, 0.3], [0.7, 0.1]])[:, None, :, None]  # at the start and the end
    runs = xarray.Dataset(
        {
            "status": (("data.member", "learner"), [["ok"] * 3] * 2),
            "regret": (
                ("data.member", "learner", "step_policy", "budget"),
                np.tile(regret, (1, 3, 1, 1)),
            ),
        },
        {
            "data.member": members,
            "model.pointed": ("learner", [0.0, 0.0, 2.0]),
            "model.l1_coefficient": ("learner", [0.0, 0.5, 0.5]),
        },
    )
    config = {**dict.fromkeys(KEYS.values(), 1.0), "model.n_outputs": 3}
    monkeypatch.setattr("experiments.flat.store.config_of", lambda _: config)
    found = measure({"pretrained": pretrained, "concepts": runs, "units": runs})
    assert found.names == {2.0: 0.9, 4.0: 0.7}
    assert {m: each.mean.tolist() for m, each in found.curves["dense"].items()} == {
        2.0: [0.3],
        4.0: [0.1],
    }
    assert found.features_per_dimension == pytest.approx({2.0: 1.0, 4.0: 0.75})
    assert found.capacity == pytest.approx({2.0: 2 / 3, 4.0: 1.0})


def test_the_figure_and_the_table(tmp_path):
    [figure] = draw(capacity(), tmp_path)
    assert (tmp_path / figure.name).exists()
    [table] = tables(capacity())
    assert table.rows[-1][0] == "hidden units, half of the gain" and len(table.header) == 5
