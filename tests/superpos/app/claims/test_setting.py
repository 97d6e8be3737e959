"""A run at another setting than the registered one says what changed, and nothing else does."""

import copy
from typing import Any

import pytest
from hydra.core.hydra_config import HydraConfig

from superpos.app import boundary
from superpos.app.claims.setting import changes

NAME = "experiment=elhage/intro"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], []),
        (["output_dir=elsewhere", "engine.chunk=4", "objective=train_loss"], []),
        (["fit.n_steps=10000"], []),  # what it is
        (["sweep.seed={range: [0, 10]}"], []),  # the same values, written otherwise
        (["fit.n_steps=300"], ["fit.n_steps=300 instead of 10000"]),
        (["model.n_features=6"], ["model.n_features=6 instead of 5"]),
        (["engine.x64=true"], ["engine.x64=True instead of False"]),
        (
            ["sweep.seed=[0,1]", "data.n_features=6"],
            [
                "data.n_features=6 instead of 5",  # which model.n_features follows
                "sweep.seed=[0, 1] instead of 10 values from 0 to 9",
            ],
        ),
        (["+sweep.optim.b1=[0.8]"], ["sweep.optim.b1=[0.8] instead of nothing"]),
    ],
)
def test_what_changed_is_named_with_both_values(words: list[str], expected: list[str]) -> None:
    assert sorted(changes(boundary.compose([NAME, *words]))) == expected


def test_axes_that_are_taken_from_another_place_are_no_problem() -> None:
    word = "+variants={few: {sweep: '${sweep}'}}"
    found = changes(boundary.compose([NAME, word]))
    assert "variants.few.sweep.seed=10 values from 0 to 9 instead of nothing" in found


def test_what_is_missing_is_named() -> None:
    config: dict[str, Any] = copy.deepcopy(boundary.compose([NAME]))
    del config["sweep"]["seed"]
    assert changes(config) == ["sweep.seed=nothing instead of 10 values from 0 to 9"]


def test_an_experiment_that_judges_nothing_has_no_other_setting() -> None:
    assert changes(boundary.compose(["experiment=train", "fit.n_steps=3"])) == []


def test_an_experiment_that_is_not_registered_is_compared_with_its_analysis() -> None:
    config = boundary.compose([NAME, "fit.n_steps=300"]) | {"experiment": "mine"}
    assert changes(config) == ["fit.n_steps=300 instead of 10000"]


def test_the_analysis_of_another_experiment_is_another_setting() -> None:
    found = changes(boundary.compose(["experiment=train", "analysis.kind=elhage/intro"]))
    assert "analysis.kind=elhage/intro instead of train" in found


def test_to_compose_leaves_the_command_that_runs_alone() -> None:
    before = HydraConfig.instance().cfg
    boundary.compose([NAME])
    assert HydraConfig.instance().cfg is before
