"""The claims on trained and randomised transformers, on latents made by hand."""

import numpy as np
import pytest

from experiments.interp.randomised import measure as measuring
from experiments.interp.randomised.bootstrap import difference, interval, means
from experiments.interp.randomised.claims import CLAIMS, judge
from experiments.interp.randomised.excerpts import Excerpt, questions_of
from experiments.interp.randomised.measure import ARMS, FLOOR_ARMS, Latents, Randomised
from superpos.app.claims.setting import registered
from superpos.evaluations.interpretation import BY_EXPLAINER, BY_LATENT, EXPLAINERS

N = 40


def latents(names=ARMS, **values) -> Latents:
    """Of two transformers; what is not given is 0.3 for each latent, and floors are 0.

    A value is given by arm as "<result>": {arm: number}, of every explainer but the constant.
    """
    constant = EXPLAINERS.index("constant")
    by_latent = {name: np.full((len(names), 2, N), 0.3) for name in BY_LATENT}
    shape = (len(names), 2, N, len(EXPLAINERS))
    by_explainer = {
        name: np.full(shape, 0.0 if "_" in name.replace("r_squared", "") else 0.3)
        for name in BY_EXPLAINER
    }
    for name, of_arms in values.items():
        for arm, value in of_arms.items():
            {**by_latent, **by_explainer}[name][names.index(arm)] = value
    for each in by_explainer.values():
        each[..., constant] = 0
    fit = {name: np.full((len(names), 2, 1), 16.0) for name in measuring.OF_FIT}
    return Latents(tuple(names), fit, by_latent, by_explainer)


HALF = np.where(np.arange(N) < N // 2, 0.95, 0.3)
"""Half of the latents stand for one token."""
GOOD = {
    "largest_token_share": {"shuffle_entries": HALF},
    "simulation": {"trained": 0.6},
    "fuzzing": {"trained + noise_embeddings": 0.5},
    "detection": {"trained + noise_embeddings": 0.55},
    "top_token_entropy": {"trained": 3.0},
    "r_squared": {"shuffle_entries": 0.5},
    "context_gain": {"trained": 0.2, "shuffle_entries": 0.01, "trained + token_alone": 0.0},
}
EXPLAINED = {
    "trained": 0.8,
    "shuffle_entries": 0.8,
    "trained + matched_gaussian": 0.5,
    "shuffle_entries + matched_gaussian": 0.75,
    "trained + less_token_means": 0.6,
    "shuffle_entries + less_token_means": 0.5,
    "trained + less_token_means + matched_gaussian": 0.4,
    "shuffle_entries + less_token_means + matched_gaussian": 0.5,
}


def failed(changes=None, explained=None, before=1.0) -> set[str]:
    """The claims that do not hold."""
    last = latents(**{**GOOD, **(changes or {})})
    first = latents(top_token_entropy={"trained": before})
    found = judge(
        Randomised(
            layers=(0, 1),
            scored=[first, last],
            nulls={
                "frozen_decoder": latents(["frozen_decoder"], simulation={"frozen_decoder": 0.58})
            },
            recovered={},
            explained={k: np.full(2, v) for k, v in {**EXPLAINED, **(explained or {})}.items()},
            frontier=[],
            agreement={},
            excerpts=[],
        )
    )
    return {each.claim.id.rsplit("/", 1)[1] for each in found if not each.reproduced}


def test_what_the_papers_say_holds_of_such_latents():
    assert failed() == set()


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"largest_token_share": {"trained": 0.95}}, {"single_token", "not_interpretable"}),
        ({"simulation": {"trained": 0.35}}, {"not_interpretable"}),
        ({"simulation": {"trained": 0.9}}, {"frozen_decoder"}),
        ({"fuzzing": {"trained": 0.8, "trained + noise_embeddings": 0.7}}, {"fuzzing", "control"}),
        ({"detection": {"gaussian": 0.8}}, {"detection"}),
        ({"top_token_entropy": {"gaussian": 5.0, "trained": 3.0}}, {"entropy"}),
        ({"r_squared": {"trained": 0.9}}, {"look_up"}),
        (
            {"context_gain": {"trained": 0.0, "shuffle_entries": 0.1}},
            {"context_gain", "no_gain", "alone"},
        ),
    ],
)
def test_each_claim_can_fail(changes, wrong):
    assert failed(changes) == wrong


def test_depth_and_floors_can_fail_as_well():
    assert failed(before=3.5) == {"depth"}
    lower = {"trained + matched_gaussian": 0.78, "shuffle_entries + less_token_means": 0.7}
    assert failed(explained=lower) == {"above_floor", "beyond_tokens"}
    assert failed(explained={"trained + less_token_means": 0.41}) == {"trained_beyond_tokens"}


def test_the_setting_is_the_registered_one():
    config = registered("interp/randomised")["analysis"]
    assert config["arms"] == [*ARMS] and config["floor_arms"] == [*FLOOR_ARMS]
    assert config["layers"] == [*measuring.LAYERS]
    assert len({claim.id for claim in CLAIMS.values()}) == len(CLAIMS)


def test_intervals_are_as_wide_as_transformers_and_latents_vary():
    rng = np.random.default_rng(0)
    one = rng.normal(size=(1, 4000))
    found = interval(one)
    assert abs(found.mean - one.mean()) < 1e-12
    assert abs((found.high - found.low) / (2 * 1.96 / 4000**0.5) - 1) < 0.1
    several = rng.normal(size=(50, 1)) + 0.01 * rng.normal(size=(50, 200))
    wide = interval(several)
    assert abs((wide.high - wide.low) / (2 * 1.96 * several.mean(1).std() / 50**0.5) - 1) < 0.1


def test_a_difference_is_of_the_same_transformers():
    rng = np.random.default_rng(0)
    shared = 5 * rng.normal(size=(30, 1))
    first, second = (shared + rng.normal(size=(30, 100)) + shift for shift in (1.0, 0.0))
    found = difference(first, second)
    assert 0.8 < found.low < found.mean < found.high < 1.2
    assert interval(first).high - interval(first).low > 2


def test_what_is_missing_is_left_out_of_means():
    values = np.array([[1.0, np.nan, 3.0], [np.nan] * 3])
    np.testing.assert_array_equal(means(values), [2.0, np.nan])
    assert np.isnan(interval(values).mean)


def test_a_blinded_test_shows_contexts_before_arms():
    contexts = [[(" a", 0.0), (" b", 0.0), (" whale", 1.0), (" c", 0.3)]]
    given = [Excerpt(arm, number, "where it is", contexts) for number, arm in enumerate(ARMS)]
    questions = questions_of(given)
    assert {each.answer["Arm"] for each in questions} == {*ARMS}
    assert [each.answer["Arm"] for each in questions] != [*ARMS]
    assert questions[0].excerpts == [[(" a b", 0), (" whale", 4), (" c", 2)]]
    assert not any(arm in each.title for each in questions for arm in ARMS)
