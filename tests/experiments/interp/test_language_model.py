"""The claims on a language model that learns, on courses and texts made by hand."""

import hashlib
import json
from typing import Any

import numpy as np
import pytest
import xarray

from experiments.interp.language_model.claims import judge
from experiments.interp.language_model.measure import Learning, measure
from superpos import assets
from superpos.arguments import ArgumentError
from superpos.models.ngrams import kneser_ney
from superpos.models.transformer import train_tokeniser

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


CONTEXT, N_CHAPTERS, SHARE = 7, 30, 0.3
CHAPTERS = [
    " ".join([f"no {n}:", *np.random.default_rng(n).choice(["ab", "abc", "ba", "cab"], 12)])
    for n in range(1, N_CHAPTERS + 1)
]


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The two halves of a novel whose tokens are its bytes."""
    folder = tmp_path_factory.mktemp("novel")
    written = "\n".join(f"Chapter {n}\n\n{each}\n" for n, each in enumerate(CHAPTERS, 1))
    (folder / "novel.txt").write_text(f"A NOVEL\n\n{written}")
    (folder / "tokenizer.json").write_text(train_tokeniser([], n_tokens=256).to_json())
    common = {
        "kind": "tokens",
        "novel": str(folder / "novel.txt"),
        "tokeniser": str(folder),
        "n_tokens": 256,
        "context": CONTEXT,
        "held_out_share": SHARE,
    }
    return {"examples": common, "held_out": {**common, "split": "held_out"}}


LOSSES = np.array([[5.5, 4.0, 3.0], [5.6, 9.0, 9.0], [5.4, 4.2, 3.4]])


def swept(texts: dict[str, dict[str, Any]], status: tuple[str, ...]) -> xarray.Dataset:
    """Three seeds, measured at the start and after 10 and 30 steps, with room for one more time."""
    config = {
        **{f"assets.{name}": digest(given) for name, given in texts.items()},
        "model.n_tokens": 256,
        "fit.batch_size": 4,
        "data.n_features": CONTEXT,
    }
    of_times = ("seed", "time_held_out_loss")
    padded = np.pad(LOSSES, ((0, 0), (0, 1)), constant_values=np.nan)
    return xarray.Dataset(
        {
            "held_out_loss": (of_times, padded),
            "step_held_out_loss": (of_times, np.tile([0, 10, 30, -1], (3, 1))),
            "status": (("seed",), [*status]),
        },
        coords={"seed": [3, 5, 8]},
        attrs={"config": json.dumps(config)},
    )


def digest(given: dict[str, Any]) -> str:
    return assets.tokens(**{key: value for key, value in given.items() if key != "kind"}).digest


def windows(*, held_out: bool) -> np.ndarray:
    """Bytes of the chapters, cut by hand: each but the first is to be predicted once."""
    found = []
    for number, text in enumerate(CHAPTERS, 1):
        first = hashlib.sha256(f"A NOVEL {number}".encode()).digest()[:8]
        if (int.from_bytes(first, "big") / 2**64 < SHARE) == held_out:
            numbers = np.frombuffer(text.encode(), np.uint8).astype(np.int32)
            starts = range(0, len(numbers) - CONTEXT, CONTEXT)
            found += [numbers[start : start + CONTEXT + 1] for start in starts]
    return np.array(found)


def test_losses_are_those_of_finished_models_beside_ngrams_of_the_same_texts(texts: Any) -> None:
    found = measure({"sweep": swept(texts, ("ok", "diverged", "ok"))}, **texts)
    np.testing.assert_array_equal(found.seeds, [3, 8])
    np.testing.assert_array_equal(found.tokens, [0, 10 * 4 * CONTEXT, 30 * 4 * CONTEXT])
    np.testing.assert_array_equal(found.loss, LOSSES[[0, 2]])
    train, test = windows(held_out=False), windows(held_out=True)
    assert min(len(train), len(test)) > 10
    assert (found.n_train, found.n_held_out) == (len(train) * CONTEXT, len(test) * CONTEXT)
    expected = {
        name: kneser_ney(train, n_tokens=256, order=order)(test).mean()
        for name, order in (("unigram", 1), ("bigram", 2), ("trigram", 3))
    }
    assert found.baselines == pytest.approx(expected)
    assert expected["unigram"] > expected["bigram"] > expected["trigram"]


def test_models_that_did_not_finish_are_not_judged(texts: Any) -> None:
    found = measure({"sweep": swept(texts, ("diverged",) * 3)}, **texts)
    assert found.seeds.size == found.loss.size == 0
    assert {v.claim.id.rsplit("/", 1)[1] for v in judge(found) if v.measured is not None} == {
        "baselines"
    }


@pytest.mark.parametrize("name", ["examples", "held_out"])
def test_texts_that_models_were_not_given_are_refused(texts: Any, name: str) -> None:
    dataset = swept(texts, ("ok",) * 3)
    others = {**texts, name: {**texts[name], "held_out_share": 0.5}}
    with pytest.raises(ArgumentError, match=f"^analysis.{name}: expected the text of assets"):
        measure({"sweep": dataset}, **others)
