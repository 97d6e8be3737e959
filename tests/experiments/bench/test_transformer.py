"""The forward pass beside transformers: what is counted, what is measured, what the page says."""

from pathlib import Path

import pytest

from experiments.bench.saes.peers import PYTHON
from experiments.bench.transformer import ALLOWED, Found, Size, main, measured, page

SMALL = Size(2, 16, 2, 24, 32, 8, 3)
MACHINE = {"cpu": "a", "cores": "2", "device": "cpu", "jax": "0", "date": "today"}


def test_operations_are_those_of_the_products() -> None:
    """Of a token: four d by d, two d by d_mlp, scores and reading of 8 others, and unembedding."""
    of_block = 2 * 4 * 16 * 16 + 2 * 2 * 16 * 24 + 2 * 2 * 8 * 16
    assert SMALL.gflop == pytest.approx(1e-9 * 3 * 8 * (2 * of_block + 2 * 16 * 32))


def test_without_transformers_superpos_is_measured_alone() -> None:
    found = measured(SMALL, Path("not-there"))
    assert min(found.ours_s) > 0
    assert found.peer_s == ()


@pytest.mark.slow
@pytest.mark.skipif(not PYTHON.exists(), reason="needs what `make parity` installs")
def test_logits_are_those_of_transformers() -> None:
    found = measured(SMALL)
    assert min(found.peer_s) > 0
    assert found.apart < ALLOWED


def test_the_page_gives_rates_and_says_who_was_not_measured() -> None:
    both = Found(SMALL, [3.0, 2.0, 9.0], [6.0, 4.0, 5.0], 2e-6)
    text = page([both], MACHINE, 0.1)
    assert "| 2 x 16, 3 texts of 8 | 1.67 | 8 | 5 |" in text
    assert "not installed" not in text and "not idle" not in text
    alone = page([Found(SMALL, [2.0])], MACHINE, 3.0)
    assert "| – | 12 | – |" in alone
    assert "not installed" in alone and "**not idle**: its load was 3.0" in alone


def test_another_word_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--wirte"]) == 2
    assert "experiments.bench.transformer" in capsys.readouterr().err
