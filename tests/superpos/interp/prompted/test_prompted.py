"""Explanations and judgements of language models, against servers that know what they will say."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from superpos import interp
from superpos.interp import Explanation, prompted, scorers
from superpos.interp.backends import Backend, openai_compatible, recorded, replay
from superpos.interp.prompted.judge import _decisions, _probability
from superpos.interp.prompted.simulate import _strengths
from tests.superpos.interp.latents import BY_TOKEN, CONTEXTS, VOCABULARY, generator
from tests.superpos.interp.prompted.oracle import oracle, without_a_word, without_an_answer
from tests.superpos.interp.server import Reply, Script, Server, chat, serving

NAMED = Explanation("the token '42'", 0.0, lambda contexts: np.zeros(contexts.tokens.shape))
JUDGES = (prompted.detection, prompted.fuzzing)
each_judge = pytest.mark.parametrize("judge", JUDGES)


@contextmanager
def asking(script: Script) -> Iterator[tuple[Backend, Server]]:
    with serving(script) as server:
        yield (
            openai_compatible(
                base_url=server.url, model="oracle", max_requests=10_000, max_tokens=10**8
            ),
            server,
        )


def score_of(scorer: interp.Scorer, seed: int = 0) -> interp.Score:
    return scorer(CONTEXTS, BY_TOKEN, generator(seed))(NAMED)


def all_scorers(backend: Backend) -> dict[str, interp.Scorer]:
    common: dict[str, Any] = {"backend": backend, "vocabulary": VOCABULARY, "n_examples": 12}
    return {
        "simulation": scorers.simulation(n_examples=20),
        "detection": prompted.detection(**common),
        "detection_auroc": prompted.detection(measure="auroc", **common),
        "fuzzing": prompted.fuzzing(**common),
        "fuzzing_auroc": prompted.fuzzing(measure="auroc", **common),
    }


def run(backend: Backend) -> interp.Scores:
    return interp.score(
        contexts=CONTEXTS,
        activations=BY_TOKEN.reshape(-1, 1),
        explainers={"prompted": prompted.explain(backend=backend, vocabulary=VOCABULARY)},
        scorers=all_scorers(backend),
        seed=0,
        n_reseeds=1,
    )


def test_a_model_that_says_and_does_the_right_thing_scores_1_and_can_be_replayed(
    tmp_path: Path,
) -> None:
    """In the driver of all explainers; and again from what was recorded, without a server."""
    path = tmp_path / "exchanges.jsonl"
    with asking(oracle) as (backend, _):
        found = run(recorded(backend, path))
    assert found.bits.item() == 8 * len("the token '42'")
    assert {name: each.item() for name, each in found.values.items()} == pytest.approx(
        dict.fromkeys(found.values, 1.0)
    )
    assert {name: each.item() for name, each in found.floors.items()} == {
        "simulation": 0,
        **dict.fromkeys((n for n in found.values if n != "simulation"), 0.5),
    }
    assert backend.usage.unparsed.total() == 0
    # Of 12 examples of each class: one at a time, or in lists of five.
    assert backend.usage.answers["detection"] == backend.usage.answers["fuzzing"] == 24 + 5
    again = run(replay(path))
    np.testing.assert_array_equal(again.values["detection"], found.values["detection"])
    np.testing.assert_array_equal(again.values["simulation"], found.values["simulation"])


@each_judge
def test_a_model_that_guesses_is_at_the_floor(judge: Any) -> None:
    """The mean of 8 scores of 100 examples, whose standard error is 0.018."""
    rng = np.random.default_rng(0)

    def guess(value: Any) -> Reply:
        n_lines = value["messages"][1]["content"].count("\n") - 1
        return chat(json.dumps(rng.integers(2, size=n_lines).tolist()))

    with asking(guess) as (backend, _):
        scorer = judge(backend=backend, vocabulary=VOCABULARY)
        found = [score_of(scorer, seed) for seed in range(8)]
    assert [each.n for each in found] == [100] * 8
    assert abs(np.mean([each.value for each in found]) - 0.5) < 0.054


@each_judge
def test_a_model_that_always_says_yes_has_exactly_the_floor(judge: Any) -> None:
    def yes(value: Any) -> Reply:
        n_lines = value["messages"][1]["content"].count("\n") - 1
        return chat(json.dumps([1] * n_lines), {"1": -0.1, "0": -2.4})

    with asking(yes) as (backend, _):
        for measure in ("auroc", "balanced_accuracy"):
            scorer = judge(backend=backend, vocabulary=VOCABULARY, measure=measure, n_examples=10)
            assert score_of(scorer) == (0.5, 0.5, 20)


@each_judge
@pytest.mark.parametrize("measure", ["auroc", "balanced_accuracy"])
@pytest.mark.parametrize("script", [without_an_answer, without_a_word])
def test_answers_of_another_form_are_counted_and_give_no_score(
    judge: Any, measure: Any, script: Script
) -> None:
    with asking(script) as (backend, server):
        scorer = judge(backend=backend, vocabulary=VOCABULARY, measure=measure, n_examples=10)
        found = score_of(scorer)
    assert np.isnan(found.value) and (found.floor, found.n) == (0.5, 0)
    usage, task = backend.usage, judge.__name__
    assert usage.unparsed[task] == usage.answers[task] == len(server.asked) > 0


def test_a_score_rests_on_the_examples_with_an_answer() -> None:
    turns = iter(range(1000))

    def half(value: Any) -> Reply:
        return without_an_answer(value) if next(turns) % 2 else oracle(value)

    with asking(half) as (backend, _):
        scorer = prompted.detection(backend=backend, vocabulary=VOCABULARY, n_examples=50)
        assert score_of(scorer) == (1.0, 0.5, 50)
    assert (backend.usage.answers["detection"], backend.usage.unparsed["detection"]) == (20, 10)


def test_a_simulation_that_is_none_predicts_0_and_is_counted() -> None:
    """Every other answer is none; then all are, and scores of predictions are at their floors."""
    some = interp.Contexts(CONTEXTS.tokens[:30], CONTEXTS.document[:30])
    turns = iter(range(1000))

    def half(value: Any) -> Reply:
        simulates = "Foretell" in value["messages"][0]["content"]
        return without_an_answer(value) if simulates and next(turns) % 2 else oracle(value)

    with asking(half) as (backend, _):
        explain = prompted.explain(backend=backend, vocabulary=VOCABULARY)
        found = explain(CONTEXTS, BY_TOKEN, generator()).predict(some)
    expected = np.where(np.arange(30)[:, None] % 2, 0, BY_TOKEN[:30])
    assert expected.any() and (expected != BY_TOKEN[:30]).any()
    np.testing.assert_array_equal(found, expected)
    assert (backend.usage.answers["simulate"], backend.usage.unparsed["simulate"]) == (30, 15)

    def never(value: Any) -> Reply:
        explains = "Find what" in value["messages"][0]["content"]
        return oracle(value) if explains else without_an_answer(value)

    with asking(never) as (backend, _):
        explain = prompted.explain(backend=backend, vocabulary=VOCABULARY)
        explanation = explain(CONTEXTS, BY_TOKEN, generator())
        given = (CONTEXTS, BY_TOKEN, generator())
        assert scorers.simulation(n_examples=20)(*given)(explanation) == (0.0, 0.0, 20)
        assert scorers.detection(n_examples=20)(*given)(explanation) == (0.5, 0.5, 40)
    assert backend.usage.unparsed["simulate"] == backend.usage.answers["simulate"] == 20 + 40


def test_an_explanation_that_is_none_is_counted_and_scores_nothing() -> None:
    with asking(without_an_answer) as (backend, server):
        explain = prompted.explain(backend=backend, vocabulary=VOCABULARY)
        found = explain(CONTEXTS, BY_TOKEN, generator())
        assert (found.text, found.bits) == ("", 0)
        assert backend.usage.unparsed == backend.usage.answers == {"explain": 1}
        assert not found.predict(CONTEXTS).any()
        assert explain(CONTEXTS, 0 * BY_TOKEN, generator()).text == ""  # never active
        for judge in JUDGES:
            scorer = judge(backend=backend, vocabulary=VOCABULARY)
            assert np.isnan(scorer(CONTEXTS, BY_TOKEN, generator())(found).value)
    assert len(server.asked) == 1


def test_what_a_model_is_shown() -> None:
    """Marks and strengths to explain; no marks to detect; a line for each example."""
    values = BY_TOKEN * np.linspace(0.1, 1, len(BY_TOKEN))[:, None]
    with asking(oracle) as (backend, server):
        explanation = prompted.explain(backend=backend, vocabulary=VOCABULARY, n_top=3)(
            CONTEXTS, values, generator()
        )
        prompted.detection(backend=backend, vocabulary=VOCABULARY, n_examples=10, n_shown=20)(
            CONTEXTS, values, generator()
        )(explanation)
    asked, judged = (value["messages"][1]["content"] for _, _, value in server.asked)
    lines = asked.splitlines()
    assert 3 + 10 - 3 <= len(lines) <= 3 + 10  # one that is both is shown once
    assert all(line.startswith(f"{number}. ") for number, line in enumerate(lines, 1))
    assert "<<42>>" in lines[0]
    assert set(lines[0].split("| ")[1].replace("42", "").split()) <= {"10", "10,"}
    assert "<<" not in judged and "\n21." not in judged and "\n20." in judged
    assert judged.startswith("Explanation: the token '42'\n\n1. ")
    # Predictions are in the units of the activations that the explanation was fitted on.
    with asking(oracle) as (backend, _):
        explain = prompted.explain(backend=backend, vocabulary=VOCABULARY)
        few = interp.Contexts(CONTEXTS.tokens[:3], CONTEXTS.document[:3])
        predicted = explain(CONTEXTS, BY_TOKEN, generator()).predict(few)
    np.testing.assert_array_equal(predicted, BY_TOKEN[:3])


@pytest.mark.parametrize(
    ("answer", "n", "expected"),
    [
        ("[1, 0]", 2, [1, 0]),
        ("So:\n[1,0 , 1]\n", 3, [1, 0, 1]),
        ("[1]", 1, [1]),
        ("[1, 0]", 3, None),
        ("[1, 0, ]", 2, None),
        ("[1, 2]", 2, None),
        ("[10]", 1, None),
        ("[1, 0] I think", 2, None),
        ("1, 0", 2, None),
        ("[]", 1, None),
        ("", 1, None),
    ],
)
def test_lists_of_decisions(answer: str, n: int, expected: list[int] | None) -> None:
    assert _decisions(answer, n) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("none", {}),
        ("1: 10\n3: 0", {0: 10, 2: 0}),
        (" 2:7 \n", {1: 7}),
        ("", None),
        ("4: 1", None),
        ("0: 1", None),
        ("1: 11", None),
        ("1: 2\n1: 3", None),
        ("1: 2\nand so on", None),
        ("1: 2.5", None),
        ("none\n1: 2", None),
    ],
)
def test_strengths_of_tokens(answer: str, expected: dict[int, int] | None) -> None:
    assert _strengths(answer, 3) == expected


def test_the_probability_of_yes() -> None:
    """However the digit is written: 0.5 and 0.1 beside 0.2."""
    first = {"1": np.log(0.5), " 1": np.log(0.1), "0": np.log(0.2), "10": -0.1, "Yes": -0.1}
    assert _probability(first) == pytest.approx([0.75])
    assert _probability({"1": -3.0}) == [1]
    assert _probability({"Yes": -0.1}) is None
    assert _probability({}) is None
