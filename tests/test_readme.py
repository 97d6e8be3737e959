"""The Python of the README runs as it stands there."""

import re
from pathlib import Path
from typing import Any

import pytest

README = Path(__file__).resolve().parent.parent / "README.md"
SHORTER = {"n_steps=2_000": "n_steps=4", "log_every=500": "log_every=2", "10_000, 8": "300, 8"}


def blocks(heading: str) -> list[str]:
    """The Python blocks of a section."""
    section = README.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^```python\n(.*?)^```", section, re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_the_contract_on_a_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first block of the functions, and all of one's own parts, one after the other."""
    monkeypatch.chdir(tmp_path)
    scope: dict[str, Any] = {}
    for block in [
        blocks("Import the functions")[0],
        *blocks("Bring your own data, models and measures"),
    ]:
        for long, short in SHORTER.items():
            block = block.replace(long, short)
        exec(block, scope)  # noqa: S102
    assert scope["D"].shape == (3, 10, 5)
    found = scope["found"]
    assert found["feature_norms"].dims == ("learning_rate", "seed", "step_norms", "feature")
    assert found["step_norms"].to_numpy().tolist() == [20, 40, 60, 80, 100]
    assert (found["step_overlap"] >= 10).any()
    opened = scope["store"].open(tmp_path / "outputs" / "own")
    assert opened["W_path"].equals(opened["W"].rename("W_path"))
    assert [verdict.reproduced for verdict in scope["judge"]({"heads": 0.505})] == [True]
