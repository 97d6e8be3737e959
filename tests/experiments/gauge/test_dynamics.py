"""What is read off stored runs, and verdicts on numbers made by hand."""

from typing import Any

import numpy as np
import pytest
import xarray

from experiments.gauge.dynamics import charges, equivariance, label_space, speed
from experiments.gauge.dynamics.charges import Drifts
from experiments.gauge.dynamics.claims import (
    growth,
    judge_charges,
    judge_labels,
    judge_table,
)
from experiments.gauge.dynamics.equivariance import NAMES, TIED, UNTIED
from experiments.gauge.dynamics.label_space import Labels
from experiments.gauge.transformed import SYMMETRIES
from tests.stored import config_text

N, M = 6, 2
RATES = np.array([4e-3, 2e-3, 1e-3, 5e-4])


def states(verdicts: Any) -> dict[str, bool | None]:
    return {verdict.claim.id.rpartition("/")[2]: verdict.reproduced for verdict in verdicts}


def test_every_group_of_the_table_is_a_column_and_every_optimiser_has_a_name() -> None:
    assert [name for groups in SYMMETRIES.values() for name in groups] == [*TIED, *UNTIED]
    assert set(NAMES) == set(equivariance.KEEPS)
    assert frozenset().union(*equivariance.KEEPS.values()) <= {*TIED, *UNTIED}


@pytest.mark.parametrize(
    ("kind", "momentum", "decay", "name"),
    [
        ("sgdw", 0.0, 0.0, "sgd"),
        ("sgdw", 0.9, 0.0, "momentum"),
        ("sgdw", 0.0, 0.01, "decay"),
        ("adamw", 0.0, 0.0, "adam"),
        ("adamw", 0.0, 0.01, "adamw"),
        ("muon", 0.0, 0.0, "muon"),
    ],
)
def test_names_of_optimisers(kind: str, momentum: float, decay: float, name: str) -> None:
    assert equivariance.name_of(kind, momentum, decay) == name


def test_how_far_labels_are_apart() -> None:
    """Two elements: a rotation, which changes no Gram matrix, and one that adds 0.5 in an entry."""
    rng = np.random.default_rng(0)
    start = {"W": rng.normal(size=(N, M))}
    Q = np.linalg.qr(rng.normal(size=(M, M)))[0]
    paths = np.stack([np.stack([W, 2 * W]) for W in (start["W"], start["W"] @ Q)])
    dims = ("element", "step", "feature", "hidden")
    runs = xarray.Dataset(
        {"W_path": (dims, paths), "status": ("element", ["ok", "ok"])}, {"element": [0, 1]}
    )
    assert equivariance.apart("O(m)", start, runs).max() < 1e-14
    runs["W_path"][1, 1] = np.sqrt(1.5) * 2 * start["W"]
    gaps = equivariance.apart("O(m)", start, runs)
    np.testing.assert_allclose(gaps[1], 2.0)  # of G: 1.5 * 4 - 4 times its largest entry
    runs["status"][1] = "diverged@2"
    assert np.isinf(equivariance.apart("O(m)", start, runs)).all()


def test_labels_are_invariants() -> None:
    rng = np.random.default_rng(1)
    W_in, W_out = rng.normal(size=(2, N, M))
    scales, A = np.array([2.0, 0.5]), rng.normal(size=(M, M))
    label = lambda group, *pair: equivariance.label(group, dict(zip(("W_in", "W_out"), pair)))  # noqa: B905,E731
    at = label("GL(m)", W_in, W_out)
    np.testing.assert_allclose(at, W_in @ W_out.T)
    np.testing.assert_allclose(label("GL(m)", W_in @ A.T, W_out @ np.linalg.inv(A)), at)
    at = label("scale of units", W_in, W_out)
    moved = label("scale of units", (W_in * scales)[:, ::-1], (W_out / scales)[:, ::-1])
    np.testing.assert_allclose(moved, at, atol=1e-12)
    whole = label("scale of a layer", 3 * W_in, W_out)
    np.testing.assert_allclose(whole, label("scale of a layer", W_in, W_out), atol=1e-12)


def constructed(kept: float, broken: float) -> dict[str, dict[str, np.ndarray]]:
    return {
        name: {
            group: np.full(3, kept if group in equivariance.KEEPS[name] else broken)
            for group in (*TIED, *UNTIED)
        }
        for name in NAMES
    }


def test_a_table_with_all_as_expected_and_one_with_nothing() -> None:
    assert set(states(judge_table(constructed(1e-12, 0.1))).values()) == {True}
    assert set(states(judge_table(constructed(1e-3, 1e-9))).values()) == {False}
    grown = constructed(1e-12, 0.1)
    grown["muon"]["O(m) of both"] = np.array([1e-15, 1e-12, 0.1])
    [verdict] = [v for v in judge_table(grown) if v.reproduced is False]
    assert verdict.claim.id == "gauge/dynamics/muon_keeps_untied"
    assert "first above 1e-10 after 3 updates" in verdict.note


def test_least_eigenvalues() -> None:
    path = np.stack([np.diag([4.0, 1.0]), np.diag([2.0, -0.5]), np.diag([8.0, -1.0])])
    assert label_space.least_eigenvalue(path) == -0.25


def followed_by_hand(gap: float, single: np.ndarray) -> label_space.Followed:
    gaps = dict.fromkeys(label_space.WAYS, np.full(300, gap))
    singles = dict.fromkeys(label_space.WAYS, single)
    return label_space.Followed(gaps, gaps, singles, singles, gaps, {}, {})


def test_label_claims_hold_and_fail() -> None:
    growing = np.logspace(-8, -3, 300)
    good = Labels(followed_by_hand(1e-12, growing), 1.01, 1e-9, 5, 20, -0.1)
    held = states(judge_labels(good))
    assert held == dict.fromkeys(held, True)
    flat = followed_by_hand(np.inf, np.full(300, 1e-7))
    failed = states(judge_labels(Labels(flat, 1.2, np.inf, 6, 5, 0.0)))
    assert failed == dict.fromkeys(failed, False)


def test_growth_is_read_off_an_exponential() -> None:
    assert growth(10 ** (-16 + np.arange(400) / 25)) == "grows tenfold every 25 updates"
    assert growth(np.full(400, 1e-12)) == ""


@pytest.mark.slow
def test_updates_are_timed_by_width() -> None:
    in_weights, in_labels = speed.timings(6, (2, 3), 8)
    assert in_weights.shape == (2,) and in_weights.min() > 0 and in_labels > 0


def swept(values: np.ndarray, name: str) -> xarray.Dataset:
    """Runs of the ways as a sweep stores them, for values (ways, step, feature, ...)."""
    dims = ("momentum", "seed", "step", "feature", "hidden" if name == "W_path" else "other")
    coords = {
        "momentum": [0.0, 0.0, 0.9],
        "weight_decay": ("momentum", [0.0, 0.01, 0.0]),
        "seed": [0],
    }
    last = values[:, -1]
    return xarray.Dataset(
        {
            name: (dims, values[:, None]),
            name.removesuffix("_path"): ((*dims[:2], *dims[3:]), last[:, None]),
            "loss": (dims[:3], np.abs(values).sum((-2, -1))[:, None]),
            "status": (dims[:2], np.full((3, 1), "ok")),
        },
        coords,
    )


def test_gaps_are_those_of_the_gram_matrices() -> None:
    rng = np.random.default_rng(2)
    W = rng.normal(size=(3, 4, N, M))
    G = W @ W.swapaxes(-1, -2)
    off = G.copy()
    off[2, 1, 0, 3] += 0.25
    runs = {name: swept(W, "W_path") for name in ("weights", "weights_single")}
    runs |= {"label": swept(off, "G_path")}
    runs |= {name: swept(G[:, :3], "G_path") for name in ("rule", "rule_single")}
    found = label_space.follow(runs)
    np.testing.assert_allclose(found.gap["momentum"], [0, 0.25, 0, 0], atol=1e-12)
    assert found.gap["decay"].max() < 1e-12 and found.raw["sgd"].shape == (3,)
    np.testing.assert_array_equal(found.ends["decay"], W[1, -1])
    assert label_space.rank_of(G[0, 0]) == M
    assert label_space.recovered(found.gram["sgd"], found.ends["sgd"]) < 1e-9
    assert label_space.recovered(G[0, -1] + np.eye(N), W[0, -1]) == np.inf


@pytest.mark.parametrize("units", ["linear", "relu"])
def test_drifts_of_charges(units: str) -> None:
    """Weights whose entry is moved by a rate change the charge by a sum over that column."""
    W = np.zeros((1, N, M))
    W[0, 0] = 1.0
    moved = np.repeat(W, len(RATES), axis=0)
    moved[:, 1, 0] = RATES
    config = config_text(
        "model=computation", **{"model.hidden_activation": units, "data.n_features": N}
    )
    dims = ("seed", "feature", "hidden")
    start = xarray.Dataset(
        {"W_in": (dims, W), "W_out": (dims, W), "status": ("seed", ["ok"])},
        attrs={"config": config},
    )
    along = ("learning_rate", *dims)
    runs = xarray.Dataset(
        {
            "W_in": (along, moved[:, None]),
            "W_out": (along, np.repeat(W, 4, axis=0)[:, None]),
            "status": (along[:2], np.full((4, 1), "ok")),
        },
        {"learning_rate": RATES},
        {"config": config},
    )
    found = charges.drifts(start, runs)
    np.testing.assert_allclose(found.values, RATES**2)
    np.testing.assert_allclose(charges.slope(found), 2)


def test_charges_are_judged_by_their_power() -> None:
    good = judge_charges(Drifts(RATES, RATES**2), Drifts(RATES, 5 * RATES**2))
    assert set(states(good).values()) == {True}
    bad = judge_charges(Drifts(RATES, RATES), Drifts(RATES, RATES**3))
    assert set(states(bad).values()) == {False}
