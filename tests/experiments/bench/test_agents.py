"""A sweep of agents beside loops: what is trained, what PyTorch trains, and what the page says."""

import json
import subprocess

import pytest

from experiments.bench.agents import (
    OURS,
    TORCH,
    TORCH_SIDE,
    WHOLE,
    Side,
    main,
    page,
    torch_python,
)
from experiments.bench.agents_sides import Setting, one_by_one, together

SMALL = Setting(
    allowed=(2.0, 4.0),
    growth=(0.5,),
    bonus=(0.0,),
    n_seeds=2,
    n_epochs=6,
    n_hidden=8,
    batch_size=8,
    n_draws=40,
)
MACHINE = {"cpu": "a", "cores": "2", "device": "cpu", "jax": "0", "date": "today"}


def test_the_sweep_has_more_than_a_thousand_agents() -> None:
    assert Setting().n_agents == 1024
    assert Setting().steps == 20 * 16 * 12


def test_both_sides_train_agents_that_learn_to_be_paid() -> None:
    """More than agents that choose at random get, of a world that pays 2, or 4.5, at the best."""
    run, n_agents = together(SMALL)
    returns = run()
    assert n_agents == len(returns) == SMALL.n_agents
    assert (returns > 0).all() and (returns < 4.5).all()
    for n_draws in (None, 10):
        run, n_agents = one_by_one(SMALL, 2, n_draws)
        returns = run()
        assert n_agents == len(returns) == 2
        assert returns[1] > returns[0] > 0


@pytest.mark.skipif(torch_python() is None, reason="PyTorch is not installed")
def test_pytorch_trains_such_agents() -> None:
    command = [torch_python() or "", str(TORCH_SIDE), json.dumps(SMALL._asdict())]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["n_agents"] == 2 and found["seconds"] > 0
    assert 4.5 > found["returns"][1] > found["returns"][0] > 0


def test_the_page_gives_rates_and_says_who_was_not_measured() -> None:
    sides = {
        OURS: Side(8, 3.0, [2.0, 1.0, 9.0], []),
        WHOLE: Side(2, 1.0, [5.0], []),
    }
    text = page(SMALL, sides, MACHINE, 0.1)
    steps = 40 * 8 * 6
    assert f"| {OURS} | 8 | {8 * steps / 2:,.0f} | 1.0 | 3.0 |" in text
    assert f"| {WHOLE} | 2 | {2 * steps / 5:,.0f} | 10.0 | 1.0 |" in text
    assert "PyTorch is not installed" in text and "not idle" not in text
    busy = page(SMALL, {**sides, TORCH: Side(2, 0.0, [1.0], [])}, MACHINE, 3.0)
    assert "not installed" not in busy and "**not idle**: its load was 3.0" in busy


def test_another_word_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--wirte"]) == 2
    assert "experiments.bench.agents" in capsys.readouterr().err
