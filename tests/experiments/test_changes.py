"""Changes laid over a config."""

import copy
from typing import Any

from experiments.changes import merged, with_value

CONFIG: dict[str, Any] = {
    "optim": {"kind": "sgd", "learning_rate": 0.1, "momentum": 0.9},
    "fit": {"n_steps": 4},
}


def test_a_value_is_changed_where_it_is_and_nothing_else() -> None:
    before = copy.deepcopy(CONFIG)
    changed = with_value(CONFIG, "fit.n_steps", 8)
    assert changed == {**CONFIG, "fit": {"n_steps": 8}}
    assert before == CONFIG


def test_another_kind_keeps_the_arguments_that_it_takes() -> None:
    expected = {"kind": "adam", "learning_rate": 0.1}
    assert with_value(CONFIG, "optim.kind", "adam")["optim"] == expected
    assert merged(CONFIG, {"optim": {"kind": "adam"}})["optim"] == expected


def test_a_kind_that_is_unknown_or_the_same_keeps_all() -> None:
    for kind in ("sgd", "sdg", None, 3):
        assert with_value(CONFIG, "optim.kind", kind)["optim"] == {**CONFIG["optim"], "kind": kind}
