"""Wells against SciPy: values, slopes, the mean over the box, and the best answer."""

import jax
import numpy as np
import pytest
import scipy

from experiments.optimisation import wells
from experiments.optimisation.exact import reference
from experiments.optimisation.minima import N_GRID, Wells, wells_of
from experiments.optimisation.problems import held_out_problems

HELD_OUT, N_WELLS = 12, 6


def f(c, x):
    """By its definition."""
    centres, depths, widths = (np.asarray(part, float) for part in wells.parts(c))
    return -sum(
        d * np.exp(-((x - m) ** 2).sum() / (2 * w**2))
        for m, d, w in zip(centres, depths, widths, strict=True)
    )


@pytest.fixture(scope="module")
def drawn():
    """Problems of all distributions, their best answers, and value, slope and mean of each."""

    @jax.jit
    def run():
        c = held_out_problems("multimodal", 4 * N_WELLS, HELD_OUT)
        x = jax.vmap(wells.solution)(c)
        here = jax.vmap(wells.slope)(c, x + 0.1)
        return c, x, jax.vmap(wells.value)(c, x), here, jax.vmap(wells.baseline)(c)

    return jax.tree.map(np.asarray, run())


def test_values_slopes_and_means_are_those_of_the_definition(drawn):
    c, x, values, (gradients, hessians), means = drawn
    for at in (0, HELD_OUT, 2 * HELD_OUT):  # one of each distribution
        own = lambda point, at=at: f(c[at], point)  # noqa: E731
        np.testing.assert_allclose(values[at], own(x[at]), rtol=1e-5)
        _, depths, widths = (np.asarray(part, float) for part in wells.parts(c[at]))
        most = (depths / widths**2).sum()
        gradient = lambda point, own=own: scipy.optimize.approx_fprime(point, own, 1e-6)  # noqa: E731
        point = x[at].astype(float) + 0.1
        np.testing.assert_allclose(gradients[at] * most, gradient(point), atol=1e-3)
        known = scipy.optimize.approx_fprime(point, gradient, 1e-4)
        np.testing.assert_allclose(hessians[at] * most, known, rtol=2e-3, atol=2e-2)
        box = scipy.integrate.dblquad(lambda b, a, own=own: own(np.array([a, b])), -1, 1, -1, 1)
        np.testing.assert_allclose(means[at], box[0] / 4, rtol=1e-4)


def test_no_second_derivative_exceeds_the_unit():
    rng = np.random.default_rng(0)
    found = Wells(
        rng.uniform(-1, 1, (3, 4, 2)), rng.uniform(0.5, 1, (3, 4)), rng.uniform(0.2, 0.4, (3, 4))
    )
    hessians = found.at(rng.uniform(-1, 1, (3, 500, 2)))[2]
    assert (np.linalg.eigvalsh(hessians).max((1, 2)) <= found.curvature).all()


def test_the_best_answer_is_that_of_scipy(drawn):
    c, _, values, *_ = drawn
    exact = reference("multimodal", c)
    for at in range(0, len(c), 4):
        starts = np.random.default_rng(at).uniform(-1, 1, (60, 2))
        found = [scipy.optimize.minimize(lambda x, at=at: f(c[at], x), start) for start in starts]
        np.testing.assert_allclose(exact.best[at], min(each.fun for each in found), rtol=1e-8)
    error = wells_of(c).error
    assert (values >= exact.best - 1e-5).all() and (values - exact.best <= error + 1e-5).all()


def test_two_wells_that_are_apart_have_two_minima():
    found = Wells(np.array([[[-0.5, 0], [0.5, 0]]]), np.array([[0.5, 1.0]]), np.full((1, 2), 0.1))
    [minima] = found.minima()
    np.testing.assert_allclose(minima, [-1, -0.5], rtol=1e-9)
    np.testing.assert_allclose(found.curvature, 150)
    np.testing.assert_allclose(found.error, 150 / 4 * (2 / (N_GRID - 1)) ** 2)
    ends, values = found.descended(np.array([[[-0.6, 0.0], [0.6, 0.0]]]), 1.0, 100)
    np.testing.assert_allclose(ends[0], [[-0.5, 0], [0.5, 0]], atol=1e-6)
    np.testing.assert_allclose(values, [[-0.5, -1]], rtol=1e-9)


def test_the_distributions_are_what_they_are_called(drawn):
    c = drawn[0].reshape(3, HELD_OUT, -1)
    centres = c[..., : 2 * N_WELLS].reshape(3, -1, 2)
    depths = c[..., 2 * N_WELLS : 3 * N_WELLS]
    assert np.abs(centres).max(-1)[0].min() < wells.EDGE < np.abs(centres).max(-1)[1].min()
    low, high = wells.DEPTHS
    assert (depths[:2] >= low).all() and (depths[:2] <= high).all()
    assert (depths[2] >= 4 * low).all() and (depths[2] <= 4 * high).all()
