"""The split of losses of models made by hand."""

import numpy as np

from experiments.tradeoff.allocation.best import Models
from experiments.tradeoff.allocation.measure import by_quadrature, quadratic_losses
from experiments.tradeoff.allocation.sampled import sample

PAIR = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])


def models(W, along, decay=1.0) -> Models:
    n = len(W)
    shape = (1, len(along))
    return Models(
        along=np.array(along),
        decay=np.array([decay]),
        importance=decay ** np.arange(n)[None],
        W=np.broadcast_to(W, (*shape, *W.shape)),
        b=np.zeros((*shape, n)),
        loss=np.zeros(shape),
        excess=np.zeros(shape),
    )


def test_an_antipodal_pair_takes_back_what_the_other_takes_away() -> None:
    """E (x - ReLU(x - y))² is p²/6 of each: x²/3 where y > x, y² where y < x, p² of the time."""
    p = 0.3
    for found, tolerance in (
        (by_quadrature(models(PAIR, [p])), 1e-3),
        (sample(models(PAIR, [p]), {"hidden_activation": "linear"}).losses, 0.02),
    ):
        ignored = p / 3 - p**2 / 4
        expected = np.array([p**2 / 6, p**2 / 6, 0.0, 0.0])
        np.testing.assert_allclose(found.interference[0, 0], expected, rtol=tolerance, atol=1e-7)
        np.testing.assert_allclose(found.clean[0, 0], [0, 0, 0, p / 3], rtol=tolerance, atol=1e-7)
        np.testing.assert_allclose(found.ignored[0, 0], ignored, rtol=tolerance)


def test_the_quadratic_split_adds_up_to_the_loss() -> None:
    W, kappa = np.random.default_rng(0).normal(size=(4, 2)), 5.0
    gram, v = W @ W.T, 0.7 ** np.arange(4)
    off = np.square(gram).sum() - np.square(np.diagonal(gram)).sum()
    loss = (kappa - 1) * np.square(v - np.diagonal(gram)).sum() + 2 * off
    found = quadratic_losses(models(W, [kappa], decay=0.7))
    np.testing.assert_allclose(found.full.sum(), loss)
    np.testing.assert_allclose(found.interference.sum(), 2 * off)
    np.testing.assert_allclose(found.ignored[0, 0], (kappa - 1) * v**2)


def test_capacities_are_counted() -> None:
    found = models(PAIR, [0.3])
    np.testing.assert_allclose(found.capacity[0, 0], [0.5, 0.5, 1, 0], atol=1e-6)
    np.testing.assert_array_equal(found.counts[0, 0], [1, 2, 1])
    assert found.packing[0, 0] == 1
    assert found.at(0.7) is None
