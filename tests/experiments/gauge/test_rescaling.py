"""Spreads of functions on networks made by hand."""

import json
from pathlib import Path

import numpy as np
import xarray

from experiments.gauge.rescaling.claims import judge
from experiments.gauge.rescaling.figures import draw
from experiments.gauge.rescaling.measure import (
    Rescaled,
    common_inputs,
    measure,
    noise_of,
    outputs_of,
)
from superpos import models

SEEDS, DRAWS, N, M = 2, 3, 5, 4
SPREADS = np.array([0.0, 0.5, 1.0])
ORDER = ("seed", "spread", "draw", "feature", "hidden")


def dataset(noise: float, loss: float = 1.0) -> xarray.Dataset:
    """Networks of one function for each seed, rescaled; with noise that grows with the spread."""
    rng = np.random.default_rng(0)
    shape = (SEEDS, len(SPREADS), DRAWS)
    W_in, W_out = rng.normal(size=(2, SEEDS, 1, 1, N, M))
    scales = np.exp(SPREADS[:, None, None, None] * rng.normal(size=(*shape, 1, M)))
    off = noise * SPREADS[:, None, None, None] * rng.normal(size=(SEEDS, 1, DRAWS, N, M))
    return xarray.Dataset(
        {
            "W_in": (ORDER, W_in * scales),
            "W_out": (ORDER, (W_out + off) / scales),
            "b": (ORDER[:-1], np.zeros((*shape, N))),
            "loss": ((*ORDER[:3], "step"), np.full((*shape, 2), loss)),
        },
        coords={"spread": SPREADS, "step": [1, 2]},
        attrs={"config": json.dumps({"data.density": 0.3})},
    )


def verdicts(
    sgd: list[float], balanced: float, losses: tuple[float, float]
) -> dict[str, bool | None]:
    """Of noise at each of SPREADS, the same for all seeds, and of losses of SGD and balanced."""
    noise = {name: np.tile(sgd, (SEEDS, 1)) for name in ("sgd", "adam")}
    noise["balanced"] = np.full((SEEDS, len(SPREADS)), balanced)
    loss = {name: np.full((SEEDS, 3), losses[name == "balanced"]) for name in noise}
    found = judge(Rescaled(SPREADS, noise, loss))
    return {v.claim.id.rpartition("/")[2]: v.reproduced for v in found}


def test_outputs_are_those_of_the_model() -> None:
    rng = np.random.default_rng(1)
    W_in, W_out = rng.normal(size=(2, N, M))
    b, x = rng.normal(size=N), common_inputs(N, 0.5)[:20]
    params = models.ComputationParams(W_in=W_in, W_out=W_out, b=b)
    model = models.computation(n_features=N, n_hidden=M)
    expected = [model.apply(params, (), one).recon for one in x]
    np.testing.assert_allclose(outputs_of(W_in, W_out, b, x), expected, atol=1e-5)


def test_inputs_are_as_dense_as_the_data() -> None:
    x = common_inputs(50, 0.3)
    np.testing.assert_allclose((x > 0).mean(), 0.3, atol=0.01)
    np.testing.assert_allclose(x[x > 0].mean(), 0.5, atol=0.01)


def test_networks_that_are_only_rescaled_are_one_function() -> None:
    assert noise_of(dataset(0.0)).max() < 1e-12
    noise = noise_of(dataset(0.5))
    assert noise.shape == (SEEDS, len(SPREADS))
    assert (np.diff(noise, axis=1) > 0.01).all() and noise[:, 0].max() < 1e-12


def test_claims_hold_and_fail() -> None:
    held = verdicts([0.0, 0.1, 0.2], 1e-6, (2.0, 1.0))
    assert held == dict.fromkeys(held, True)
    failed = verdicts([0.0, 0.005, 0.002], 0.1, (1.0, 2.0))
    assert failed == dict.fromkeys(failed, False)


def test_without_the_spread_that_is_compared_nothing_is_decided() -> None:
    noise = {name: np.ones((1, 2)) for name in ("sgd", "adam", "balanced")}
    assert {v.reproduced for v in judge(Rescaled(SPREADS[:2], noise, noise))} == {None}


def test_the_analysis_draws_what_it_judges(tmp_path: Path) -> None:
    datasets = {"sgd": dataset(0.5, 2.0), "adam": dataset(0.5), "balanced": dataset(0.0)}
    measured = measure(datasets)
    assert all(verdict.reproduced for verdict in judge(measured))
    [figure] = draw(measured, tmp_path)
    assert (tmp_path / figure.name).stat().st_size > 2000
