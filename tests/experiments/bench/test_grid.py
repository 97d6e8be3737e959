"""The grid of Liu et al.: what is extrapolated, and that both sides train its models."""

import numpy as np
import pytest

from experiments.bench.grid import Part, main, page, setting
from experiments.bench.grid_sides import OURS, TORCH, Setting, ours, torch_loop

SMALL = Setting(
    n_features=12,
    widths=(2, 3),
    powers=(0.0, 1.0, 2.0),
    decays=(-1.0, 1.0),
    batch_size=64,
    n_steps=2000,
    learning_rate=0.05,
    n_timed=100,
)
MACHINE = {"cpu": "a", "cores": "2", "device": "cpu", "jax": "0", "torch": "1", "date": "today"}
# 10 updates of a model in a second: 1,000 s for 5 models of 2,000 updates, and 20 s to compile.
PARTS = [Part(2, 5, 20.0, 50.0), Part(3, 5, 20.0, 100.0)]


def test_the_registered_grid_has_1080_models_of_six_shapes() -> None:
    of = setting()
    assert (of.n_all, len(of.widths), of.n_models) == (1080, 6, 180)
    assert (of.n_features, of.batch_size, of.n_steps, of.n_timed) == (1000, 2048, 20_000, 20)


def test_updates_that_were_timed_are_extrapolated_to_all_of_all_models() -> None:
    hours = PARTS[0].hours(SMALL)
    assert hours == pytest.approx((20 + 6 * 2000 * 0.1) / 3600)


def test_the_page_says_what_is_extrapolated_and_who_was_not_measured() -> None:
    alone = page(SMALL, {OURS: {"parts": PARTS, "mib": 100.0}}, MACHINE, 0.1)
    assert "2 compiled programs for 12 models, 40 s to compile" in alone
    assert (
        "**Extrapolated** to all 12 models and 2,000 updates: superpos 1.0 hours; PyTorch" in alone
    )
    assert "PyTorch is not installed and was not measured" in alone
    assert "not idle" not in alone
    slow = [part._replace(seconds=4 * part.seconds, prepare_s=0.0) for part in PARTS]
    both = {OURS: {"parts": PARTS, "mib": 100.0}, TORCH: {"parts": slow, "mib": 50.0}}
    busy = page(SMALL, both, MACHINE, 3.0)
    assert "PyTorch 4.0 hours (4.0 times as long" in busy
    assert "**not idle**: its load was 3.0" in busy
    assert "| 2 | 5 | 100 | 0.339 | 5 | 400 | 1.33 |" in busy


def norms_of(W: np.ndarray) -> np.ndarray:
    return np.linalg.norm(W.reshape(-1, SMALL.n_features, W.shape[-1]), axis=-1)


def test_superpos_trains_models_of_the_grid() -> None:
    """A negative decay leaves rows of norm 1, and a positive one fewer features than that."""
    run, n_models = ours(SMALL, 2)
    norms = norms_of(run())
    assert len(norms) == n_models >= 2
    assert norms[0].mean() > 0.6 > norms[1].mean()


def test_pytorch_trains_the_same_models() -> None:
    pytest.importorskip("torch")
    run, n_models = torch_loop(SMALL, 2)
    norms = norms_of(run())
    assert len(norms) == n_models == 2
    assert norms[0].mean() > 0.6 > norms[1].mean()


def test_an_unknown_argument_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--wrong"]) == 2
    assert "python -m experiments.bench.grid" in capsys.readouterr().err
