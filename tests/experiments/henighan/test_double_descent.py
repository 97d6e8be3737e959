"""What models store of points and of features, on models made by hand."""

import dataclasses
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray

from experiments.henighan.double_descent.claims import ROWS, gap, judge
from experiments.henighan.double_descent.measure import (
    Descent,
    Model,
    best,
    dimensionality,
    distinct,
    loss_on,
    other_points,
    points_of,
    weighted,
)
from superpos import metrics, models
from superpos.arguments import ArgumentError

N, SIZES = 30, (5, 20, 160)


def polygon(k, n=None):
    """k corners of a polygon, then rows of 0 up to n."""
    angles = 2 * np.pi * np.arange(k) / k
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return np.concatenate([rows, np.zeros(((n or k) - k, 2))])


def made(W, h, test, m=2, decay=0.01, repeats=1):
    """A model of so many points, with these features and codes."""
    T = len(h) + repeats - 1
    dimensions = dimensionality(W), dimensionality(h)
    return Model(T, m, decay, repeats, W, h, 0.1, test, *dimensions)


def spread(k):
    return np.random.default_rng(k).normal(size=(k, 2))


def ideal():
    """Points in a polygon, then neither, then features in one; and the peak in between."""
    few = made(spread(N), polygon(5), 1.0)
    between = made(spread(N), spread(20), 1.5)
    many = made(polygon(5, N), spread(160), 0.5)
    widths = [made(spread(N), spread(20), test, m=m) for m, test in ((1, 1.0), (2, 1.2), (4, 0.9))]
    decays = [made(spread(N), spread(20), test, decay=d) for d, test in ((0.0, 1.5), (1.0, 1.0))]
    own = np.concatenate([[[9.0, 0.0]], 0.1 * spread(19) * [0, 1]])
    repeated = [made(spread(N), spread(20), 1.0), made(spread(N), own[:15], 1.0, repeats=6)]
    return Descent([few, between, many], widths, decays, repeated)


def verdicts(measured):
    return {v.claim.id.rsplit("/", 1)[1]: v for v in judge(measured)}


def test_points_that_do_not_come_in_order_are_refused():
    dataset = xarray.Dataset(attrs={"config": json.dumps({"data.sampling": "random"})})
    with pytest.raises(ArgumentError, match="^data.sampling=random: expected in_order, to see"):
        points_of(dataset)


def test_models_as_the_paper_has_them_hold_every_claim():
    found = verdicts(ideal())
    assert {*found} == {key for key, *_ in ROWS}
    assert {key: v.reproduced for key, v in found.items()} == dict.fromkeys(found, True)
    assert found["pentagon"].measured == pytest.approx(0, abs=1e-9)
    assert found["peak"].measured == pytest.approx(1.5)
    assert found["features_at_last"].measured == pytest.approx(2 / 5)


def test_models_that_store_points_at_any_number_of_them_do_not():
    points = [made(spread(N), polygon(T), 1.0) for T in SIZES]
    found = verdicts(ideal()._replace(points=points))
    for key in ("features_at_last", "peak", "low_at_peak"):
        assert found[key].reproduced is False


def test_what_was_not_run_is_not_judged():
    one = ideal()
    found = verdicts(Descent(one.points[:1], one.widths[:1], one.decay[:1], one.repeated[:1]))
    assert found.pop("pentagon").reproduced and found.pop("points_share").reproduced
    assert {v.reproduced for v in found.values()} == {None}


def test_gaps_of_a_polygon_that_is_bent():
    h = polygon(5)
    turn = np.radians(7.0)
    h[0] = np.cos(turn), np.sin(turn)
    assert gap(3 * h) == pytest.approx(7)


def test_dimensionalities_are_those_of_the_library():
    rows = np.random.default_rng(0).normal(size=(7, 3))
    rows[2] = 0
    with jax.enable_x64(True):
        expected = metrics.feature_dimensionality(jnp.asarray(rows))
    np.testing.assert_allclose(dimensionality(rows), expected, atol=1e-12)
    D = dimensionality(rows)
    norms = (rows**2).sum(1)
    assert weighted(D, rows) == pytest.approx((D * norms).sum() / norms.sum())
    assert weighted(D * 0, rows * 0) == 0


def test_the_loss_is_that_of_the_model():
    rng = np.random.default_rng(0)
    x, W, b = rng.random((50, 6)), rng.normal(size=(6, 2)), rng.normal(size=6)
    model = models.autoencoder(n_features=6, n_hidden=2)
    params = dataclasses.replace(
        model.init(jax.random.key(0))[0], W=jnp.float32(W), b=jnp.float32(b)
    )
    recon = jax.vmap(lambda row: model.apply(params, (), row).recon)(jnp.float32(x))
    expected = np.square(x - np.asarray(recon)).sum(1).mean()
    assert loss_on(x, W, b) == pytest.approx(expected, rel=1e-5)


def test_other_points_are_drawn_as_those_of_the_training():
    x = other_points({"data.n_features": 40, "data.data.data.density": 0.1})
    norms = np.linalg.norm(x, axis=1)
    assert set(np.round(norms, 9)) <= {0.0, 1.0}
    assert (x > 0).mean() == pytest.approx(0.1, abs=0.003)


def test_a_point_that_is_repeated_counts_once_and_the_best_restart_is_taken():
    points = np.arange(8.0)[:, None]
    np.testing.assert_array_equal(distinct(points, 6, 3)[:, 0], [0, 3, 4, 5])
    np.testing.assert_array_equal(distinct(points, 3, 1)[:, 0], [0, 1, 2])
    model = made(spread(N), spread(5), 1.0)
    worse, other = model._replace(train=0.2), model._replace(T=9, train=0.7)
    assert best([other, worse, model]) == [model, other]
