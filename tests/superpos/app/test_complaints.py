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


def test_where_no_package_is_named_the_flag_that_names_one_is_told() -> None:
    def asked(*options: str) -> str:
        word = Word("experiment=rain", "experiment", ["rain"])
        return problem_of(Line([word], False, lambda group: options, lambda: [], lambda words: {}))

    flag = "; --with PACKAGE adds those of a package"
    assert asked("train") == f"experiment=rain: expected one of train{flag}"
    assert asked("ring", "train").endswith("ring, train; did you mean train?")
    assert asked("odd", "toy").endswith(f"odd, toy{flag}")
