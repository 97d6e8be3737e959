"""Changes laid over a config."""

import copy
from typing import Any

from superpos.app.config.changes import merged, with_changes, with_value, without_links

CONFIG: dict[str, Any] = {
    "optim": {"kind": "sgd", "learning_rate": 0.1, "momentum": 0.9},
    "fit": {"n_steps": 4},
}


def test_a_value_is_changed_where_it_is_and_nothing_else() -> None:
    before = copy.deepcopy(CONFIG)
    changed = with_value(CONFIG, "fit.n_steps", 8)
    assert changed == {**CONFIG, "fit": {"n_steps": 8}}
    assert before == CONFIG


def test_what_takes_a_value_from_another_key_follows_it_wherever_it_stands() -> None:
    links = {
        "optim.n_steps": "fit.n_steps",
        "data.length": "optim.n_steps",
        "gone.a": "fit.n_steps",
    }
    config = {**CONFIG, "optim": {"n_steps": 4}, "data": {"length": 4}, "links": links}
    changed = with_value(config, "fit.n_steps", 8)
    assert changed == {
        **config,
        "fit": {"n_steps": 8},
        "optim": {"n_steps": 8},
        "data": {"length": 8},
    }
    kept = with_value(without_links(config, ["optim.n_steps"]), "fit.n_steps", 8)
    assert (kept["optim"], kept["data"]) == ({"n_steps": 4}, {"length": 4})
    links = {"optim.schedule": "schedule", "schedule.n_steps": "fit.n_steps"}
    node = {"kind": "cosine", "n_steps": 4}
    config = {**CONFIG, "schedule": node, "optim": {"schedule": node}, "links": links}
    changed = with_value(config, "fit.n_steps", 8)
    assert changed["optim"]["schedule"] == changed["schedule"] == {**node, "n_steps": 8}


def test_changes_take_what_follows_them_along_unless_they_say_it_themselves() -> None:
    links = {"optim.n_steps": "fit.n_steps"}
    config = {**CONFIG, "optim": {"n_steps": 4}, "links": links}
    assert with_changes(config, {"fit": {"n_steps": 8}})["optim"] == {"n_steps": 8}
    both = {"fit": {"n_steps": 8}, "optim": {"n_steps": 6}}
    assert with_changes(config, both)["optim"] == {"n_steps": 6}
    gone = {"fit": {"n_steps": 8}, "optim": None}
    assert with_changes(config, gone)["optim"] is None


def test_another_kind_keeps_the_arguments_that_it_takes() -> None:
    expected = {"kind": "adam", "learning_rate": 0.1}
    assert with_value(CONFIG, "optim.kind", "adam")["optim"] == expected
    assert merged(CONFIG, {"optim": {"kind": "adam"}})["optim"] == expected


def test_a_kind_that_is_unknown_or_the_same_keeps_all() -> None:
    for kind in ("sgd", "sdg", None, 3):
        assert with_value(CONFIG, "optim.kind", kind)["optim"] == {**CONFIG["optim"], "kind": kind}
