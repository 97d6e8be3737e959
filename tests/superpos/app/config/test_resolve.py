"""Parts of a run that ask for each other."""

from typing import Any

import optax
import pytest

from superpos.app.config import resolve as wiring
from superpos.arguments import ArgumentError

CONFIG: dict[str, Any] = {
    "data": {"kind": "played"},
    "model": {"kind": "plain"},
    "optim": {"kind": "still"},
    "evaluations": {},
}


def played(*, model: Any) -> Any:
    """A source that is made of the model."""
    return ("played by", model)


def plain() -> str:
    """A model that asks for nothing."""
    return "plain"


def fitted(*, source: Any) -> Any:
    """A model that is made of the source."""
    return ("fitted to", source)


@pytest.fixture(autouse=True)
def parts(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = {
        "data": {"played": played},
        "model": {"plain": plain, "fitted": fitted},
        "optim": {"still": lambda: optax.identity()},
        "evaluation": {},
    }
    monkeypatch.setattr(wiring, "registry", lambda: kinds)


def test_a_source_is_given_the_model_of_the_run() -> None:
    assert wiring.problems_of(CONFIG, []) == []
    found = wiring.resolve(CONFIG, {})
    assert found.source == ("played by", "plain")
    assert found.model == "plain"


def test_two_parts_that_ask_for_each_other_are_refused_in_one_line() -> None:
    config = {**CONFIG, "model": {"kind": "fitted"}}
    line = "^model: asked for by model and by source, which it asks for$"
    with pytest.raises(ArgumentError, match=line):
        wiring.resolve(config, {})
