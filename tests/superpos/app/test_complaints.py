"""What is wrong with a word, told without Hydra."""

from superpos.app.complaints import Line, Word, problem_of


def told(*options: str) -> str:
    word = Word("hydra/sweeper=optuna", "hydra/sweeper", ["optuna"])
    return problem_of(Line([word], True, lambda group: options, lambda: [], lambda words: {}))


def test_a_sweeper_that_is_not_installed_is_named_with_its_extra() -> None:
    assert told("basic", "grid") == (
        "hydra/sweeper=optuna: not installed; pip install 'superpos[optuna]'"
    )
    assert told("basic", "grid", "optuna") == ""
