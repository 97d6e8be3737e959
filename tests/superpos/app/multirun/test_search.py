"""What a search leaves, from the file that Hydra's sweepers write."""

import pytest
import yaml

from superpos.app.jobs import Launch
from superpos.app.multirun.search import Search, best_of, wrong_directions

ONE = {"name": "optuna", "best_params": {"a.b": 0.5, "c": "x"}, "best_value": 0.125}
TWO = {
    "name": "optuna",
    "solutions": [
        {"params": {"a": 1}, "values": [1.0, 4.0]},
        {"params": {"a": 2}, "values": [2, 3]},
    ],
}
OPTUNA = {"max_failure_rate": 0.25, "direction": "minimize"}


@pytest.fixture
def launch_of(tmp_path):
    def launch_of(n_jobs=8, **sweeper):
        (tmp_path / "folder").mkdir(exist_ok=True)
        found = tmp_path / "found.yaml"
        return Launch(tmp_path / "folder", [], {}, sweeper, n_jobs, found, "command")

    return launch_of


@pytest.mark.parametrize(
    ("content", "objective", "lines"),
    [
        (ONE, "loss", ["loss 0.125 at a.b=0.5 c=x"]),
        (TWO, ["loss", "norm"], ["loss 1, norm 4 at a=1", "loss 2, norm 3 at a=2"]),
        ({"name": "nevergrad", "best_evaluated_result": 1.0}, "loss", []),
    ],
)
def test_the_best_trials_are_told_with_their_values(tmp_path, content, objective, lines):
    path = tmp_path / "found.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    assert best_of(path, objective) == lines


def test_the_file_of_the_search_is_moved_to_its_folder_and_no_other(launch_of, tmp_path):
    launch = launch_of()
    assert Search(launch).take() is None
    launch.found.write_text("another search")
    search = Search(launch)
    assert search.take() is None
    assert launch.found.read_text() == "another search"
    launch.found.unlink()
    search = Search(launch)
    launch.found.write_text("this one")
    assert search.take() == tmp_path / "folder/found.yaml"
    assert (tmp_path / "folder/found.yaml").read_text() == "this one"
    assert not launch.found.exists()


@pytest.mark.parametrize(
    ("sweeper", "n_jobs", "n_failed", "line"),
    [
        (OPTUNA, 8, 0, None),
        (OPTUNA, 4, 1, "search  ended after 4 of 8 jobs, as too many of the last ones failed for"),
        (OPTUNA, 8, 1, "search  ended after 8 of 8 jobs"),
        ({"max_failure_rate": 1.0}, 8, 8, "search  none of the 8 jobs has a value"),
        ({"max_batch_size": 2}, 4, 1, "ended after 4 of 8 jobs, as too many of the last ones fail"),
        ({"max_batch_size": 2}, 8, 1, None),
    ],
)
def test_an_early_end_is_told_with_what_changes_it(launch_of, sweeper, n_jobs, n_failed, line):
    found = Search(launch_of(**sweeper)).early_end(n_jobs, n_failed)
    assert found is None if line is None else found.startswith(line)


def test_a_sweeper_that_does_not_say_how_much_it_sends_has_no_early_end(launch_of):
    assert Search(launch_of(n_jobs=None)).early_end(4, 4) is None


@pytest.mark.parametrize(
    ("direction", "objective", "n_lines"),
    [
        ("minimize", "loss", 0),
        (["minimize"], ["loss"], 0),
        (["minimize", "maximize"], ["loss", "norm"], 0),
        (["minimize", "maximize"], "loss", 1),
        ("minimize", ["loss", "norm"], 1),
    ],
)
def test_there_is_a_direction_for_each_objective(launch_of, direction, objective, n_lines):
    lines = [*wrong_directions(launch_of(direction=direction), objective)]
    assert len(lines) == n_lines
    assert all(each.startswith("objective=") for each in lines)
    assert [*wrong_directions(launch_of(), objective)] == []
