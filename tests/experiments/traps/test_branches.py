"""Which features are on after each action, and the losses that follow from it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments.traps import theory
from experiments.traps.branches import branches, features_on
from experiments.traps.phase.measure import overlaps_of
from experiments.traps.unit_autoencoder import UnitParams, unit_autoencoder
from superpos.arguments import ArgumentError
from superpos.data import draw

N = 2**16


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_pairs_are_on_as_often_as_they_should(p: float) -> None:
    batch = draw(branches(occupancy=p), jax.random.key(0), N)
    on = np.asarray(batch.inputs) != 0
    assert (on.sum(1) == 2).all()
    found = [(on[:, i] & on[:, j]).mean() for i, j in ((0, 1), (0, 2), (1, 2))]
    np.testing.assert_allclose(found, theory.pair_weights(p) / 2, atol=0.01)
    np.testing.assert_allclose(np.square(batch.inputs).sum() / (2 * N), 1, atol=0.02)
    np.testing.assert_array_equal(batch.targets, batch.inputs)


@pytest.mark.parametrize("p", [0.0, 0.4, 1.0])
def test_the_loss_is_the_weighted_sum_of_overlaps(p: float) -> None:
    """So after E it is larger than after S by g12 - g23."""
    W = np.array([[1.0, 0.2], [0.3, -1.1], [0.5, 0.4]])
    batch = draw(branches(occupancy=p), jax.random.key(1), N)
    model = unit_autoencoder(n_features=3, n_hidden=2)
    loss, _ = model.loss(UnitParams(W=jnp.asarray(W, jnp.float32)), (), batch, jax.random.key(0))
    assert float(loss) == pytest.approx(float(theory.loss_of(overlaps_of(W), p)), rel=0.03)


def test_features_follow_the_action_of_each_episode() -> None:
    action = jnp.array([[0, 1], [1, 0]])
    on = np.asarray(features_on(jax.random.key(3), action))
    assert on.shape == (2, 2, 3)
    assert (on[action == 0][:, 2] == 1).all()
    assert (on[action == 1][:, 0] == 1).all()


def test_another_number_of_features_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"^n_features=4: expected 3$"):
        branches(occupancy=0.5, n_features=4)
    with pytest.raises(ArgumentError, match=r"^occupancy=1\.5: expected a number in \[0, 1\]$"):
        branches(occupancy=1.5)
