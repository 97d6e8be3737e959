"""The claims on a language model that learns, on courses made by hand."""

import numpy as np
import pytest

from experiments.interp.language_model.claims import judge
from experiments.interp.language_model.measure import Learning

UNIFORM = float(np.log(1024))
BASELINES = {"unigram": 6.0, "bigram": 4.5, "trigram": 4.0}
COURSE = np.array([UNIFORM, 5.9, 5.0, 4.4, 3.8])


def learning(*courses: np.ndarray, **changes) -> Learning:
    courses = courses or (COURSE, COURSE + [0, 0, 0, 0, 0.1])
    return Learning(
        seeds=np.arange(len(courses)),
        tokens=np.array([0, 10, 20, 40, 80]),
        loss=np.array(courses),
        baselines=changes.get("baselines", BASELINES),
        n_tokens=1024,
        n_train=100,
        n_held_out=10,
    )


def found(measured: Learning) -> dict[str, float | None]:
    return {v.claim.id.rsplit("/", 1)[1]: v.measured for v in judge(measured)}


def failed(measured: Learning) -> set[str]:
    return {v.claim.id.rsplit("/", 1)[1] for v in judge(measured) if v.reproduced is False}


def test_a_model_that_learns_as_expected_fails_no_claim() -> None:
    assert failed(learning()) == set()
    values = found(learning())
    assert values["start"] == pytest.approx(0)
    assert values["trigram"] == pytest.approx(3.85 - 4.0)
    assert values["order"] == 40 / 10
    assert values["seeds"] == pytest.approx((6 - 3.85) / 0.05)
    assert values["baselines"] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("measured", "wrong"),
    [
        (learning(COURSE + [0.1, 0, 0, 0, 0]), {"start"}),
        (learning(COURSE + [0, 0, 0, 0, 0.3]), {"trigram"}),
        (learning(np.maximum(COURSE, 4.6)), {"bigram", "trigram", "order"}),
        (learning(np.maximum(COURSE, 5.8)), {"unigram", "bigram", "trigram", "order"}),
        (learning(np.array([UNIFORM, 4.4, 4.4, 4.4, 3.8])), {"order"}),
        (learning(COURSE, COURSE + [0, 0, 0, 0, 0.3]), {"seeds"}),
        (learning(baselines={"unigram": 6.0, "bigram": 4.5, "trigram": 4.6}), {"baselines"}),
    ],
)
def test_each_claim_can_fail(measured: Learning, wrong: set[str]) -> None:
    assert failed(measured) == wrong


def test_one_seed_does_not_say_whether_seeds_agree() -> None:
    assert found(learning(COURSE))["seeds"] is None


def test_no_finished_model_says_nothing() -> None:
    none = learning()._replace(seeds=np.array([]), loss=np.zeros((0, 5)))
    assert {name for name, value in found(none).items() if value is not None} == {"baselines"}
