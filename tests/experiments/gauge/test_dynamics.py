"""The table and the label space on tiny models, and verdicts on numbers made by hand."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray

from experiments.gauge import charges, equivariance, label_space, speed
from experiments.gauge.dynamics_claims import (
    N_FEATURES,
    NAMES,
    TIED,
    UNTIED,
    WIDTHS,
    growth,
    judge_charges,
    judge_labels,
    judge_speed,
    judge_table,
)
from experiments.gauge.setting import first_of, loss_on, stream
from tests.stored import config_text

N, M = 6, 2


def dataset(kind: str, **changes: Any) -> xarray.Dataset:
    """A start as a sweep stores it."""
    rng = np.random.default_rng(0)
    arguments = {"n_hidden": M, "importance_decay": 0.9} | changes
    values = {f"model.{name}": value for name, value in arguments.items()}
    config = config_text(f"model={kind}", **{"data.n_features": N, "data.density": 0.4}, **values)
    names = ("W",) if kind == "autoencoder" else ("W_in", "W_out")
    weights = {name: (("seed", "f", "h"), 0.5 * rng.normal(size=(1, N, M))) for name in names}
    results = {**weights, "b": (("seed", "f"), np.zeros((1, N))), "status": ("seed", ["ok"])}
    return xarray.Dataset(results, attrs={"config": config})


STARTS = {
    "tied_start": dataset("autoencoder"),
    "relu_start": dataset("computation", bias=False),
    "linear_start": dataset(
        "computation", bias=False, activation="linear", hidden_activation="linear"
    ),
}


@pytest.fixture(scope="module", autouse=True)
def double() -> Any:
    with jax.enable_x64(True):
        yield


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_space, "N_STEPS", 50)
    monkeypatch.setattr(label_space, "N_NAIVE", 50)
    monkeypatch.setattr(equivariance, "N_STEPS", 20)
    few = {name: equivariance.OPTIMISERS[name] for name in ("sgd", "adam")}
    monkeypatch.setattr(equivariance, "OPTIMISERS", few)
    tied, _, linear = equivariance.cases()
    monkeypatch.setattr(equivariance, "cases", lambda: [tied, linear])


def states(verdicts: Any) -> dict[str, bool | None]:
    return {verdict.claim.id.rpartition("/")[2]: verdict.reproduced for verdict in verdicts}


def test_every_group_of_the_table_is_a_column_and_every_optimiser_has_a_name() -> None:
    assert [name for case in equivariance.cases() for name in case.groups] == [*TIED, *UNTIED]
    assert set(NAMES) == set(equivariance.OPTIMISERS) == set(equivariance.KEEPS)
    assert sorted(sum(equivariance.families(), [])) == sorted(NAMES)
    assert frozenset().union(*equivariance.KEEPS.values()) <= {*TIED, *UNTIED}


@pytest.mark.slow
@pytest.mark.usefixtures("short")
def test_the_table_is_measured_from_stored_starts() -> None:
    table = equivariance.measure(STARTS)
    assert set(table) == {"sgd", "adam"}
    for name, cells in table.items():
        assert set(cells) == {*TIED, "O(m) of both", "GL(m)"}
        for group, apart in cells.items():
            assert apart.shape == (20,)
            kept = group in equivariance.KEEPS[name]
            assert (apart.max() < 1e-10) == kept, (name, group)


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


@pytest.mark.slow
def test_data_are_as_dense_as_the_sweep_says_and_the_loss_is_the_models() -> None:
    start = STARTS["tied_start"]
    x = np.asarray(stream(start, 20, 100))
    assert x.dtype == np.float64 and x.shape == (20, 100, N)
    np.testing.assert_allclose((x > 0).mean(), 0.4, atol=0.02)
    assert not np.array_equal(x, stream(start, 20, 100, seed=1))
    model, params = first_of(start)
    W, b = np.asarray(params.W), np.asarray(params.b)
    error = np.square(np.maximum(x[0] @ W @ W.T + b, 0) - x[0]) * 0.9 ** np.arange(N)
    expected = error.sum(-1).mean()
    np.testing.assert_allclose(loss_on(model, params, x[0]), expected, rtol=1e-6)
    G = jnp.asarray(W @ W.T)
    np.testing.assert_allclose(label_space.gram_loss(start)(G, params.b, x[0]), expected, rtol=1e-6)


@pytest.mark.slow
@pytest.mark.usefixtures("short")
def test_the_gram_matrix_follows_the_weights() -> None:
    start = STARTS["tied_start"]
    followed = label_space.follow(start)
    assert followed.gap.shape == (len(label_space.WAYS), 50)
    assert max(followed.gap.max(), followed.raw.max(), followed.loss_gap.max()) < 1e-12
    assert 1e-9 < followed.single.max() < 1e-5 and 1e-9 < followed.raw_single.max() < 1e-3
    assert (followed.loss[:, -1] < followed.loss[:, 0]).all()
    for G, W in zip(followed.gram, followed.ends, strict=True):
        assert label_space.rank_of(G) == M
        assert label_space.recovered(G, W) < 1e-9
        assert label_space.recovered(G + np.eye(N), W) == np.inf
    naive = label_space.naive_path(start)
    assert naive.shape == (50, N, N) and label_space.rank_of(naive[-1]) > M


def test_least_eigenvalues() -> None:
    path = np.stack([np.diag([4.0, 1.0]), np.diag([2.0, -0.5]), np.diag([8.0, -1.0])])
    assert label_space.least_eigenvalue(path) == -0.25


def followed_by_hand(gap: float, single: np.ndarray) -> label_space.Followed:
    shape = (len(label_space.WAYS), 300)
    gaps, singles = np.full(shape, gap), np.tile(single, (shape[0], 1))
    zeros = np.zeros(shape)
    return label_space.Followed(gaps, gaps, singles, singles, gaps, zeros, zeros, zeros)


def test_label_claims_hold_and_fail() -> None:
    growing = np.logspace(-8, -3, 300)
    held = states(judge_labels(followed_by_hand(1e-12, growing), 1.01, 1e-9, (5, 20), -0.1))
    assert held == dict.fromkeys(held, True)
    flat = followed_by_hand(np.inf, np.full(300, 1e-7))
    failed = states(judge_labels(flat, 1.2, np.inf, (6, 5), 0.0))
    assert failed == dict.fromkeys(failed, False)


def test_growth_is_read_off_an_exponential() -> None:
    assert growth(10 ** (-16 + np.arange(400) / 25)) == "grows tenfold every 25 updates"
    assert growth(np.full(400, 1e-12)) == ""


@pytest.mark.slow
def test_speed_is_judged_by_width_and_measured() -> None:
    fast = np.array([2.0 if width < N_FEATURES else 100.0 for width in WIDTHS])
    assert set(states(judge_speed(fast, 20.0)).values()) == {True}
    assert set(states(judge_speed(fast[::-1], 20.0)).values()) == {False}
    in_weights, in_labels = speed.timings(6, (2, 3), 8)
    assert in_weights.shape == (2,) and in_weights.min() > 0 and in_labels > 0


@pytest.mark.slow
def test_charges_drift_as_the_square_of_the_rate() -> None:
    rates = np.array(charges.RATES)
    np.testing.assert_allclose(charges.slope(3 * rates**2), 2)
    assert set(states(judge_charges(rates**2, 5 * rates**2)).values()) == {True}
    assert set(states(judge_charges(rates, rates**3)).values()) == {False}
    for name in ("linear_start", "relu_start"):
        assert 1.9 < charges.slope(charges.drifts(STARTS[name])) < 2.1
