"""The verdicts on neurons of a privileged basis, for weights made by hand."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray

from experiments.elhage.privileged.claims import MONOSEMANTIC, REPRESENTED, judge
from experiments.elhage.privileged.figures import draw
from experiments.elhage.privileged.measure import Models, measure

N, M = 10, 5
DENSITIES = list(MONOSEMANTIC)


def model(n_alone: int, n_represented: int) -> np.ndarray:
    """So many features in a neuron each, and the others in two neurons each of what is left."""
    W = np.zeros((N, M))
    W[np.arange(n_alone), np.arange(n_alone)] = 1.0
    pairs = list(itertools.combinations(range(n_alone, M), 2))
    for feature in range(n_alone, n_represented):
        W[feature, list(pairs[feature % len(pairs)])] = 0.8, -0.8
    return W


def coded() -> np.ndarray:
    """Three features in a neuron each, and three in two by the code (+, -), (-, +), (+, +)."""
    W = model(3, 3)
    W[3:6, 3:] = 0.8 * np.array([[1, -1], [-1, 1], [1, 1]])
    return W


GOOD = {p: model(MONOSEMANTIC[p], REPRESENTED[p]) for p in DENSITIES} | {0.35: coded()}


def states(models: dict[float, np.ndarray]) -> dict[str, bool | None]:
    """Of weights as they are stored, in float32."""
    W = np.stack(list(models.values())).astype(np.float32).astype(np.float64)
    found = judge(Models(np.array(list(models)), W, n_restarts=10))
    return {verdict.claim.id.rpartition("/")[2]: verdict.reproduced for verdict in found}


def test_the_paper_is_reproduced() -> None:
    found = states(GOOD)
    assert len(found) == 9
    assert set(found.values()) == {True}


def test_order_of_features_and_neurons_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    turned = {p: W[:, rng.permutation(M)] for p, W in GOOD.items()}
    assert states(turned) == states(GOOD)


@pytest.mark.parametrize(
    ("claim", "p", "W"),
    [
        ("monosemantic_0.7", 0.7, model(3, 5)),
        ("monosemantic_0.35", 0.35, model(5, 5)),
        ("monosemantic_0.15", 0.15, model(0, 7)),
        ("monosemantic_0.12", 0.12, model(3, 7)),
        ("monosemantic_0.065", 0.065, model(2, 8)),
        ("monosemantic_0.04", 0.04, model(3, 10)),
        ("represented", 0.04, model(0, 8)),
        ("represented", 0.7, model(3, 3)),
        ("one_each", 0.7, np.roll(model(5, 5), 1, axis=0)),
        ("one_each", 0.7, model(4, 4)),
        ("binary_code", 0.35, model(3, 6)),
        ("binary_code", 0.35, coded() * np.array([[1, 1, 1, 1, 0.5]])),
        ("binary_code", 0.35, np.abs(coded())),
        ("binary_code", 0.35, model(5, 5)),
    ],
)
def test_a_wrong_model_is_not_reproduced(claim: str, p: float, W: np.ndarray) -> None:
    assert states(GOOD | {p: W})[claim] is False


def test_one_neuron_off_is_within_the_tolerance() -> None:
    assert states(GOOD | {0.15: model(1, 7)})["monosemantic_0.15"] is True
    assert states(GOOD | {0.04: model(1, 9)})["monosemantic_0.04"] is True


def test_densities_that_are_not_there_are_not_run() -> None:
    found = states({0.15: GOOD[0.15]})
    assert found["monosemantic_0.15"] is found["represented"] is True
    assert found["monosemantic_0.7"] is found["one_each"] is found["binary_code"] is None
    assert set(states({0.5: GOOD[0.7]}).values()) == {None}


def test_models_that_broke_are_not_reproduced() -> None:
    found = states({p: np.full((N, M), np.nan) for p in DENSITIES})
    of_none = {f"monosemantic_{p:g}" for p, n in MONOSEMANTIC.items() if n <= 1}
    assert {name for name, state in found.items() if state} <= of_none


def test_measure_takes_the_best_seed(tmp_path: Path) -> None:
    order = [3, 0, 5, 1, 4, 2]
    W = np.stack([np.stack([np.zeros((N, M)), GOOD[p]]) for p in DENSITIES])[order]
    loss: Any = np.broadcast_to([[[0.0, 3.0], [9.0, 1.0]]], (6, 2, 2))
    dataset = xarray.Dataset(
        {
            "W": (("density", "seed", "feature", "hidden"), W.astype(np.float32)),
            "loss": (("density", "seed", "step"), loss),
            "status": (("density", "seed"), np.full((6, 2), "ok")),
        },
        {"density": np.array(DENSITIES)[order], "seed": [0, 1], "step": [1, 2]},
    )
    measured = measure({"sweep": dataset})
    verdicts = judge(measured)
    assert [verdict.reproduced for verdict in verdicts] == [True] * 9
    assert "best of 2 restarts" in verdicts[0].claim.setting
    [figure] = draw(measured, tmp_path)
    assert (tmp_path / figure.name).read_bytes().startswith(b"\x89PNG")
