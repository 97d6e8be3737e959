"""Where a loss along a line is least, and autoencoders whose loss is known."""

import jax
import numpy as np
import pytest
import xarray

from experiments.gauge.scale.tied import ALPHAS, minimum, n_minima, tied
from superpos.train import NoMemberError
from tests.stored import config_text


def dataset(W: np.ndarray, b: np.ndarray, status: list[str], **model: object) -> xarray.Dataset:
    """Autoencoders W (k, n, m) and b (k, n), of features with density 1."""
    sizes = {"data.n_features": W.shape[1], "model.n_hidden": W.shape[2], "data.density": 1.0}
    found = xarray.Dataset(
        {
            "W": (("seed", "feature", "hidden"), W.astype(np.float32)),
            "b": (("seed", "feature"), b.astype(np.float32)),
            "status": (("seed",), np.array(status)),
        }
    )
    found.attrs["config"] = config_text(**sizes, **{f"model.{k}": v for k, v in model.items()})
    return found


@pytest.mark.parametrize("place", [0.61, 0.99, 1.0, 1.234])
def test_the_minimum_of_a_parabola_is_its_vertex(place: float) -> None:
    loss = 2 + 3 * (ALPHAS - place) ** 2
    assert minimum(ALPHAS, loss) == pytest.approx(place, abs=1e-10)
    assert n_minima(loss) == 1


def test_a_minimum_at_an_end_is_that_end() -> None:
    assert minimum(ALPHAS, ALPHAS) == pytest.approx(0.5)
    assert minimum(ALPHAS, -ALPHAS) == pytest.approx(1.5)
    assert n_minima(ALPHAS) == n_minima(-ALPHAS) == 1


def test_two_valleys_are_two_minima() -> None:
    assert n_minima(np.cos(4 * np.pi * ALPHAS)) == 2
    assert n_minima(np.array([1.0, 2.0, 1.0])) == 2


def test_one_is_among_the_factors() -> None:
    assert np.isclose(ALPHAS, 1.0).sum() == np.isclose(ALPHAS, 0.95).sum() == 1


@pytest.mark.slow
def test_the_loss_of_orthogonal_features_in_closed_form() -> None:
    """x' = α² s² x has the loss n (1 - α² s²)² / 3 for x uniform on [0, 1], least at α = 1 / s."""
    W = np.stack([1.25 * np.eye(3), np.eye(3), np.eye(3)])
    with jax.enable_x64(True):
        found = tied(dataset(W, np.zeros((3, 3)), ["ok", "ok", "diverged@2"]))
    assert found.loss.shape == (2, len(ALPHAS))
    for loss, scale in zip(found.loss, (1.25, 1.0), strict=True):
        np.testing.assert_allclose(loss, (1 - (ALPHAS * scale) ** 2) ** 2, rtol=0.02, atol=1e-12)
        assert minimum(ALPHAS, loss) == pytest.approx(1 / scale, abs=2e-3)
    assert found.represented.all()
    np.testing.assert_allclose(found.measures["dimensionality"], 1.0)
    np.testing.assert_allclose(found.measures["features per dimension"], [1.25**2, 1.0])
    assert found.n_hidden == 3


@pytest.mark.slow
def test_the_importance_is_that_of_the_run() -> None:
    W, b = np.eye(3)[None, :, :2], np.zeros((1, 3))
    with jax.enable_x64(True):
        plain = tied(dataset(W, b, ["ok"])).loss
        weighed = tied(dataset(W, b, ["ok"], importance_decay=0.5)).loss
    at_one = np.isclose(ALPHAS, 1.0)
    # Only the third feature is lost, E x² = 1/3, and counts 1/4.
    np.testing.assert_allclose(plain[0, at_one], 1 / 3, rtol=0.02)
    np.testing.assert_allclose(weighed[0, at_one], 1 / 12, rtol=0.02)


def test_without_a_finished_member_there_is_nothing_to_measure() -> None:
    with pytest.raises(NoMemberError, match="no finished autoencoder"), jax.enable_x64(True):
        tied(dataset(np.eye(2)[None], np.zeros((1, 2)), ["diverged@1"]))
