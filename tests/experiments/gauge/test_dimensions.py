"""Measures: free of every symmetry where they say so, and those of a tied autoencoder."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.gauge.scale.dimensions import (
    RAW,
    REPLACED,
    centred,
    measures,
    of_classifier,
    of_tied,
    unit_form,
)
from superpos import metrics
from superpos.models import MlpParams

N, H, K = 5, 4, 3


def network(seed: int) -> tuple[MlpParams, np.ndarray]:
    """A network, and a batch."""
    rng = np.random.default_rng(seed)
    weights = rng.normal(size=(N, H)), rng.normal(size=(H, K))
    weights[0][:, 0] = np.abs(weights[0][:, 0])  # each feature has a response
    return MlpParams(weights=tuple(map(jnp.asarray, weights))), rng.uniform(size=(30, N))


def by_numpy(params: MlpParams, x: np.ndarray) -> dict[str, np.ndarray]:
    """The same measures from their definitions, unit by unit and feature by feature."""
    W, U = (np.asarray(weights) for weights in params.weights)
    U = U - U.mean(1, keepdims=True)
    h = np.maximum(x @ W, 0)
    into, out = np.linalg.norm(W, axis=0), np.linalg.norm(U, axis=1)
    balanced = W * np.sqrt(out / into)

    def dimensionality(rows: np.ndarray) -> np.ndarray:
        return np.array([(r @ r) ** 2 / sum((r @ s) ** 2 for s in rows) for r in rows])

    def ratio(vectors: np.ndarray) -> float:
        eigenvalues = np.linalg.svd(vectors, compute_uv=False) ** 2
        return eigenvalues.sum() ** 2 / (eigenvalues**2).sum()

    shares = (balanced**2).sum(1)
    contributions = h[:, :, None] * U[None]  # example, unit, class
    return {
        "features per dimension": (W**2).sum() / H,
        "dimensionality": dimensionality(W),
        "activation dimensions": ratio(h),
        "balanced dimensionality": dimensionality(balanced),
        "balanced features, effective": shares.sum() ** 2 / (shares**2).sum() / H,
        "response dimensionality": dimensionality(np.maximum(W, 0) @ U),
        "contribution dimensions": ratio(np.moveaxis(contributions, 1, 0).reshape(H, -1)),
    }


@pytest.mark.slow
@pytest.mark.usefixtures("x64")
def test_every_measure_is_what_its_definition_says() -> None:
    params, x = network(0)
    found = of_classifier(params, jnp.asarray(x))
    expected = by_numpy(params, x)
    assert set(found) == set(expected) == {*RAW, *REPLACED}
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-10, err_msg=name)


@pytest.mark.slow
@settings(max_examples=200)
@given(st.integers(0, 10**6))
def test_replacements_are_free_of_all_symmetries_at_once(seed: int) -> None:
    """Units permuted and rescaled, both layers scaled, logits shifted: by hand, not by gauge."""
    with jax.enable_x64(True):
        params, x = network(seed)
        rng = np.random.default_rng(seed + 1)
        order, scale = rng.permutation(H), np.exp(rng.normal(size=H))
        W, U = (np.asarray(weights) for weights in params.weights)
        moved = (3.0 * W * scale)[:, order], (0.2 * U / scale[:, None])[order]
        weights = moved[0], moved[1] + rng.normal(size=(H, 1))
        of = jax.jit(of_classifier)
        before = of(params, jnp.asarray(x))
        after = of(MlpParams(weights=tuple(map(jnp.asarray, weights))), jnp.asarray(x))
    for name in REPLACED:
        np.testing.assert_allclose(after[name], before[name], rtol=1e-9, err_msg=name)
    name = "features per dimension"
    assert abs(float(after[name]) / float(before[name]) - 1) > 1e-4


@pytest.mark.slow
@pytest.mark.usefixtures("x64")
def test_of_a_tied_autoencoder_the_balanced_form_has_its_own_dimensionality() -> None:
    rng = np.random.default_rng(0)
    W, x = jnp.asarray(rng.normal(size=(6, 3))), jnp.asarray(rng.uniform(size=(50, 6)))
    found = of_tied(W, x)
    np.testing.assert_allclose(found["balanced dimensionality"], found["dimensionality"])
    np.testing.assert_allclose(found["dimensionality"], metrics.feature_dimensionality(W))
    responses = np.asarray(W @ W.T)
    K = responses @ responses.T
    np.testing.assert_allclose(
        found["response dimensionality"], np.diag(K) ** 2 / (K**2).sum(1), rtol=1e-10
    )


@pytest.mark.slow
@pytest.mark.usefixtures("x64")
def test_responses_agree_with_dimensionality_for_a_tight_frame_and_not_otherwise() -> None:
    """W Wᵀ is a multiple of its square exactly where the frame operator is one of the identity."""
    angles = 2 * np.pi * np.arange(5) / 5
    pentagon = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    x = jnp.asarray(np.random.default_rng(0).uniform(size=(20, 5)))
    tight, loose = (of_tied(jnp.asarray(W), x) for W in (pentagon, pentagon * [1.0, 0.5]))
    np.testing.assert_allclose(tight["response dimensionality"], 0.4)
    np.testing.assert_allclose(tight["dimensionality"], 0.4)
    difference = np.abs(loose["response dimensionality"] - loose["dimensionality"])
    assert difference.max() > 0.05


@pytest.mark.usefixtures("x64")
def test_in_unit_form_features_per_dimension_is_one() -> None:
    params, _ = network(3)
    form = unit_form(params.weights[0])
    np.testing.assert_allclose(np.linalg.norm(form, axis=0), 1.0)
    np.testing.assert_allclose(metrics.features_per_dimension(form), 1.0)


@pytest.mark.usefixtures("x64")
def test_centring_leaves_probabilities() -> None:
    params, x = network(4)
    W, U = params.weights
    h = jax.nn.relu(jnp.asarray(x) @ W)
    moved = centred(params).weights[1]
    np.testing.assert_allclose(jax.nn.softmax(h @ moved), jax.nn.softmax(h @ U))
    np.testing.assert_allclose(moved.sum(-1), 0, atol=1e-14)


@pytest.mark.slow
@pytest.mark.usefixtures("x64")
def test_a_dead_unit_is_finite() -> None:
    weights = jnp.zeros((N, H)).at[:, 0].set(1.0), jnp.ones((H, K)).at[:, 0].set(2.0)
    x = jnp.ones((3, N))
    found = measures(
        centred(MlpParams(weights=weights)), jax.nn.relu(x @ weights[0]), jnp.ones((N, K))
    )
    assert all(np.isfinite(value).all() for value in found.values())
