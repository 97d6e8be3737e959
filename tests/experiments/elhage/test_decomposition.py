"""The verdicts on benefit and interference, for models made by hand."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import xarray

from experiments.elhage.decomposition import measure as measuring
from experiments.elhage.decomposition import one_sparse
from experiments.elhage.decomposition.claims import judge
from experiments.elhage.decomposition.figures import draw
from experiments.elhage.decomposition.measure import Decomposed, Models, Sampled, measure, sample
from superpos.app.claims.ledger import Verdict

N, M = 4, 2
CLAIMS = {"monte_carlo", "zero", "free", "linear", "bias", "expansion", "benefit"}
DENSITY = np.array([1.0, 1e-3])
IMPORTANCE = 0.5 ** np.arange(N)
DIGONS = np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]])
TOP = np.array([[1.0, 0], [0, 1], [0, 0], [0, 0]])
RELU = Models(
    density=DENSITY,
    W=np.stack([TOP, DIGONS]),
    b=np.array([[0.0, 0, 0.5, 0.5], [0.0, -0.01, 0, 0]]),
    importance=IMPORTANCE,
)
LINEAR = RELU._replace(W=np.stack([TOP, TOP]))


def exact(models: Models) -> Sampled:
    """What sampling would give with no error."""
    return Sampled(
        one=one_sparse.one_sparse_loss(models.W, models.b, IMPORTANCE),
        zero=one_sparse.zero_loss(models.b, IMPORTANCE),
        full=one_sparse.truncated_loss(
            models.W, models.b, density=models.density, importance=IMPORTANCE
        ),
        free=np.zeros(2),
    )


def verdicts(
    relu: Models = RELU, linear: Models = LINEAR, sampled: Sampled | None = None
) -> dict[str, Verdict]:
    found = judge(Decomposed(relu, linear, sampled or exact(relu), fragile=None))
    named = {verdict.claim.id.rpartition("/")[2]: verdict for verdict in found}
    assert set(named) == CLAIMS
    return named


def test_models_as_in_the_paper_are_reproduced() -> None:
    assert {verdict.reproduced for verdict in verdicts().values()} == {True}


def with_sampled(**changes: float) -> Sampled:
    """The sampled numbers of the sparser model times a factor, or replaced where they are 0."""
    sampled = exact(RELU)
    for name, factor in changes.items():
        values = getattr(sampled, name).copy()
        values[-1] = values[-1] * factor if values[-1] else factor
        sampled = sampled._replace(**{name: values})
    return sampled


@pytest.mark.parametrize(
    ("claim", "sampled"),
    [
        ("monte_carlo", with_sampled(one=1.0011)),
        ("monte_carlo", with_sampled(one=0.9989)),
        ("monte_carlo", with_sampled(one=np.nan)),
        ("zero", with_sampled(zero=1e-3)),
        ("free", with_sampled(free=1e-3)),
        ("expansion", with_sampled(full=1.06)),
        ("expansion", with_sampled(full=0.94)),
    ],
)
def test_a_wrong_sample_is_not_reproduced(claim: str, sampled: Sampled) -> None:
    assert verdicts(sampled=sampled)[claim].reproduced is False


def test_a_wrong_model_is_not_reproduced() -> None:
    tilted = np.array([[1.0, 0], [0, 1], [0.4, 0.4], [0, 0]])
    assert verdicts(linear=RELU._replace(W=np.stack([TOP, tilted])))["linear"].reproduced is False
    positive = RELU._replace(b=np.full((2, N), 0.02))
    assert verdicts(positive)["bias"].reproduced is False
    lost = RELU._replace(W=np.stack([DIGONS, TOP]), b=np.full((2, N), -0.01))
    assert verdicts(lost)["benefit"].reproduced is False


def test_what_needs_the_sparse_end_is_not_run_without_it() -> None:
    found = verdicts(RELU._replace(density=np.array([1.0, 0.1])))
    missing = {name for name, verdict in found.items() if verdict.reproduced is None}
    assert missing == {"bias", "expansion", "benefit"}


def test_no_negative_interference_is_not_run() -> None:
    sampled = exact(RELU)._replace(free=np.full(2, -1.0))
    assert verdicts(sampled=sampled)["free"].reproduced is None


@pytest.mark.slow
def test_samples_are_of_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "FULL_BATCH", 2**14)
    monkeypatch.setattr(measuring, "N_FULL", 1)
    models = RELU._replace(density=np.array([0.5, 0.02]))
    sampled = sample(models)
    np.testing.assert_allclose(sampled.one, exact(models).one, rtol=1e-3, atol=1e-9)
    np.testing.assert_allclose(sampled.zero, exact(models).zero, rtol=1e-5)
    assert sampled.free.tolist() == [0.0, 0.0]
    aligned = models._replace(W=np.abs(models.W) + 0.1, b=models.b + 0.1)
    assert sample(aligned).free.tolist() == [-1.0, -1.0]
    # Two independent digons, each wrong by min(x, y)²: E = 1/6, weighed by both importances.
    expected = 0.02**2 / 6 * IMPORTANCE.sum()
    exactly = models._replace(b=np.zeros((2, N)))
    assert sample(exactly).full[-1] == pytest.approx(expected, rel=0.6)


@pytest.mark.slow
def test_measure_reads_the_importances_and_the_best_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "FULL_BATCH", 2**10)
    monkeypatch.setattr(measuring, "N_FULL", 1)

    def dataset(models: Models) -> xarray.Dataset:
        W = np.stack([0 * models.W, models.W], axis=1)
        b = np.stack([0 * models.b, models.b], axis=1)
        return xarray.Dataset(
            {
                "W": (("density", "seed", "feature", "hidden"), W[::-1].astype(np.float32)),
                "b": (("density", "seed", "feature"), b[::-1].astype(np.float32)),
                "loss": (("density", "seed", "step"), np.array([[[2.0], [1.0]]] * 2)),
                "status": (("density", "seed"), np.full((2, 2), "ok")),
            },
            {"density": models.density[::-1], "seed": [0, 1], "step": [1]},
            {"config": json.dumps({"model.importance_decay": 0.5})},
        )

    measured = measure({"relu": dataset(RELU), "linear": dataset(LINEAR)})
    found = judge(measured)
    states = {v.claim.id.rpartition("/")[2]: v.reproduced for v in found}
    assert states.pop("expansion") in (True, False)  # a thousand examples do not tell
    assert states == dict.fromkeys(CLAIMS - {"expansion"}, True)
    [figure] = draw(measured, tmp_path)
    assert (tmp_path / figure.name).read_bytes().startswith(b"\x89PNG")
    assert all(dataclasses.is_dataclass(verdict) for verdict in found)
