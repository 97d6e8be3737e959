"""The verdicts on linear and ReLU models, for weights made by hand."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray

from experiments.elhage.demonstrating.claims import claims_at, judge, judge_linear, judge_relu
from experiments.elhage.demonstrating.figures import draw
from experiments.elhage.demonstrating.measure import Models, measure
from superpos.app.claims.ledger import Verdict

N, M = 20, 5
DENSITIES = np.array([1.0, 0.3, 0.03, 0.001])
Judge = Callable[[Mapping[str, Any], Models], list[Verdict]]


def top(n_kept: int = M) -> np.ndarray:
    """The first features, each with a dimension for itself."""
    return np.eye(N, M) * (np.arange(N) < n_kept)[:, None]


def shared(*features: int) -> np.ndarray:
    """The top features, of which these share their dimension with an antipode each."""
    W = top()
    for antipode, feature in enumerate(features, start=M):
        W[antipode, feature] = -1.0
    return W


def crowd(n_kept: int) -> np.ndarray:
    """Features packed three to a dimension, each row of norm 1."""
    W = np.zeros((N, M))
    for feature in range(n_kept):
        W[feature, feature % M] = 1.0 if feature < M else -1.0
    return W


def models(W: np.ndarray, b: np.ndarray | None = None, p: np.ndarray = DENSITIES) -> Models:
    """Weights as they are stored, in float32."""
    stored = W.astype(np.float32).astype(np.float64)
    return Models(p, stored, np.zeros(W.shape[:2]) if b is None else b)


def states(judge: Judge, best: Models) -> dict[str, bool | None]:
    found = judge(claims_at(N, M), best)
    return {verdict.claim.id.rpartition("/")[2]: verdict.reproduced for verdict in found}


LINEAR_W = np.tile(top(), (4, 1, 1))
LINEAR_B = np.where(np.arange(N) < M, 0.0, DENSITIES[:, None] / 2)
RELU_W = np.stack([top(), top(), shared(4, 3, 2), crowd(18)])


def rotation(seed: int) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(M, M)))[0]


# Linear


def test_principal_components_are_reproduced() -> None:
    found = states(judge_linear, models(LINEAR_W, LINEAR_B))
    assert found == {"linear_set": True, "linear_gram": True, "linear_bias": True}


def test_rotation_of_the_hidden_space_does_not_matter() -> None:
    turned = np.stack([W @ rotation(seed) for seed, W in enumerate(LINEAR_W)])
    assert set(states(judge_linear, models(turned, LINEAR_B)).values()) == {True}


@pytest.mark.parametrize("density", range(4))
@pytest.mark.parametrize(
    ("claim", "W"),
    [
        ("linear_set", np.roll(top(), 1, axis=0)),
        ("linear_set", top(4)),
        ("linear_set", shared(4)),
        ("linear_gram", top() * 0.9),
        ("linear_gram", top() + 0.06),
        ("linear_gram", shared(4) * 0.4 + top() * 0.6),
    ],
)
def test_a_wrong_linear_model_at_any_density_is_not_reproduced(
    claim: str, W: np.ndarray, density: int
) -> None:
    wrong = LINEAR_W.copy()
    wrong[density] = W
    assert states(judge_linear, models(wrong, LINEAR_B))[claim] is False


@pytest.mark.parametrize(
    "b", [np.zeros((4, N)), LINEAR_B + 0.03, np.where(np.arange(N) == 7, 0, LINEAR_B), LINEAR_B * 2]
)
def test_a_wrong_bias_is_not_reproduced(b: np.ndarray) -> None:
    found = states(judge_linear, models(LINEAR_W, b))
    assert found == {"linear_set": True, "linear_gram": True, "linear_bias": False}


# ReLU


def relu(**changes: np.ndarray) -> dict[str, bool | None]:
    parts = dict(zip(("dense", "next", "middle", "sparse"), RELU_W, strict=True)) | changes
    return states(judge_relu, models(np.stack(list(parts.values()))))


def test_the_paper_is_reproduced() -> None:
    found = relu()
    assert set(found) == {
        *("relu_dense", "relu_rising", "relu_sparse", "relu_importance", "relu_order"),
        "relu_antipodal",
    }
    assert set(found.values()) == {True}


def test_rotation_does_not_matter_to_relu_either() -> None:
    turned = np.stack([W @ rotation(seed) for seed, W in enumerate(RELU_W)])
    assert set(states(judge_relu, models(turned)).values()) == {True}


@pytest.mark.parametrize(
    ("claim", "changes"),
    [
        ("relu_dense", {"dense": np.roll(top(), 1, axis=0)}),
        ("relu_dense", {"dense": top(4)}),
        ("relu_dense", {"dense": shared(4)}),
        ("relu_rising", {"middle": top()}),
        ("relu_rising", {"sparse": top(4)}),
        ("relu_rising", {"dense": crowd(18)}),
        ("relu_sparse", {"sparse": crowd(9)}),
        ("relu_importance", {"sparse": crowd(18)[::-1]}),
        ("relu_importance", {"middle": np.random.default_rng(0).permutation(crowd(10))}),
        ("relu_sparse", {"sparse": crowd(18) * 0.4}),
        ("relu_order", {"next": shared(0)}),
        ("relu_antipodal", {"middle": np.vstack([top()[:5], np.full((1, 5), 5**-0.5), top()[6:]])}),
    ],
)
def test_a_wrong_relu_model_is_not_reproduced(claim: str, changes: dict[str, np.ndarray]) -> None:
    assert relu(**changes)[claim] is False


def test_feature_0_together_with_another_is_no_later() -> None:
    assert relu(next=shared(0, 1))["relu_order"] is False


@pytest.mark.parametrize("n_kept", range(10, 21))
def test_any_count_of_many_more_features_than_dimensions_will_do(n_kept: int) -> None:
    """The best models have 13 to 17, so that no count is claimed, nor that it never falls."""
    found = relu(middle=crowd(13), sparse=crowd(n_kept))
    assert found["relu_sparse"] is found["relu_rising"] is found["relu_importance"] is True


def test_one_feature_out_of_order_is_not_many() -> None:
    """Of ten and ten, the tenth swapped with the eleventh: 99 of 100 pairs are in order."""
    W = crowd(10)
    W[[9, 10]] = W[[10, 9]]
    [verdict] = [
        each
        for each in judge_relu(claims_at(N, M), models(np.stack([W] * 4)))
        if each.claim.id.endswith("relu_importance")
    ]
    assert verdict.measured == pytest.approx(0.99)
    assert verdict.reproduced


def test_densities_that_are_not_there_are_not_run() -> None:
    best = models(RELU_W[1:3], p=DENSITIES[1:3])
    found = states(judge_relu, best)
    assert found["relu_dense"] is found["relu_sparse"] is None
    assert found["relu_rising"] is True


def test_without_superposition_order_and_pairs_are_not_run() -> None:
    found = states(judge_relu, models(np.tile(top(), (4, 1, 1))))
    assert found["relu_order"] is found["relu_antipodal"] is None
    assert found["relu_sparse"] is False


def test_models_that_broke_are_not_reproduced() -> None:
    broken = np.full((4, N, M), np.nan)
    found = states(judge_relu, models(broken))
    assert not any(found.values())
    assert not any(states(judge_linear, models(broken, LINEAR_B * np.nan)).values())


# The whole


def test_claims_of_another_size_have_other_ids_and_the_same_tolerances() -> None:
    small, large = claims_at(20, 5), claims_at(80, 20)
    assert set(small) == set(large)
    ids = {claim.id for claim in (*small.values(), *large.values())}
    assert len(ids) == len(small) + len(large)
    assert [c.tolerance for c in small.values()] == [c.tolerance for c in large.values()]
    assert (small["relu_sparse"].claimed, large["relu_sparse"].claimed) == (10, 40)


def test_measure_takes_the_best_seed_from_dense_to_sparse(tmp_path: Path) -> None:
    order = [2, 0, 3, 1]

    def sweep(W: np.ndarray, b: np.ndarray) -> xarray.Dataset:
        loss = np.broadcast_to([[[0.0, 3.0], [9.0, 1.0]]], (4, 2, 2))  # (density, seed, step)
        worse = np.zeros_like(W)
        both = np.stack([worse, W], axis=1)[order]
        return xarray.Dataset(
            {
                "W": (("density", "seed", "feature", "hidden"), both.astype(np.float32)),
                "b": (("density", "seed", "feature"), np.stack([b + 1, b], axis=1)[order]),
                "loss": (("density", "seed", "step"), loss),
                "status": (("density", "seed"), np.full((4, 2), "ok")),
            },
            {"density": DENSITIES[order], "seed": [0, 1], "step": [1, 2]},
        )

    datasets = {
        "relu": sweep(RELU_W, np.zeros((4, N))),
        "linear": sweep(LINEAR_W, LINEAR_B),
    }
    measured = measure(datasets)
    assert [verdict.reproduced for verdict in judge(measured)] == [True] * 9
    [figure] = draw(measured, tmp_path)
    assert (tmp_path / figure.name).read_bytes().startswith(b"\x89PNG")
