"""Latents of which it is known what explains them, scored on documents not fitted on."""

from typing import Any

import numpy as np
import pytest
from scipy import sparse

from superpos import interp
from superpos.arguments import ArgumentError
from superpos.interp import Contexts, Explanation, Score
from superpos.interp.scoring import mean_and_sd
from tests.superpos.interp.latents import (
    BY_BIGRAM,
    BY_CONTEXT,
    BY_POSITION,
    BY_TOKEN,
    CONTEXTS,
    LENGTH,
    N_TOKENS,
    VOCABULARY,
    generator,
    noise,
)

KNOWN = {"token": BY_TOKEN, "bigram": BY_BIGRAM, "position": BY_POSITION, "context": BY_CONTEXT}
N_NOISE = 20
LATENTS = [*KNOWN.values(), *(noise(generator(seed)) for seed in range(N_NOISE))]
ACTIVATIONS = np.stack([values.ravel() for values in LATENTS], axis=1)
EXPLAINERS = interp.explainers.offline(VOCABULARY)
SCORERS = interp.scorers.offline()
FLOORS = {name: 0.5 for name in SCORERS if name.startswith(("detection", "fuzzing"))}
FLOORS |= {"simulation": 0.0, "pearson": 0.0, "r_squared": 0.0, "intruder": 0.2}


def scored(**changes: Any) -> interp.Scores:
    given = {
        "contexts": CONTEXTS,
        "activations": ACTIVATIONS[:, :4],
        "explainers": {name: EXPLAINERS[name] for name in ("constant", "unigram", "bigram")},
        "scorers": {name: SCORERS[name] for name in ("simulation", "r_squared")},
        "seed": 5,
        "n_reseeds": 2,
        "min_active": 50,
    }
    return interp.score(**{**given, **changes})


@pytest.fixture(scope="module")
def everything() -> interp.Scores:
    return scored(activations=ACTIVATIONS, explainers=EXPLAINERS, scorers=SCORERS, n_reseeds=1)


def of(scores: interp.Scores, scorer: str, latent: str, explainer: str) -> float:
    at = scores.explainers.index(explainer)
    return scores.values[scorer][0, list(KNOWN).index(latent), at]


@pytest.mark.parametrize("scorer", SCORERS)
def test_one_token_a_bigram_and_a_position_explain_all_where_they_are_all(
    everything: interp.Scores, scorer: str
) -> None:
    """Detection needs contexts without activity, and every context has every position."""
    for latent, explainer in (
        ("token", "top_1"),
        ("token", "decision_list"),
        ("bigram", "decision_list"),
        ("position", "position"),
        ("position", "decision_list"),
    ):
        value = of(everything, scorer, latent, explainer)
        needs_inactive = not scorer.startswith(
            ("simulation", "pearson", "r_squared", "fuzzing_act")
        )
        if latent == "position" and needs_inactive:
            assert np.isnan(value)
        else:
            assert value == pytest.approx(1, abs=1e-9)


def test_unigrams_cannot_explain_a_bigram(everything: interp.Scores) -> None:
    for scorer in ("simulation", "pearson", "r_squared"):
        assert of(everything, scorer, "bigram", "unigram") < 0.5
        assert of(everything, scorer, "bigram", "bigram") > 0.9 * (scorer != "simulation")


def test_context_gains_what_the_token_leaves_of_a_bigram(everything: interp.Scores) -> None:
    """With q and p how often the two tokens are there, a is the activation, t the token.

    The variance of a is q p (1 - q p), that of its mean given t is q p^2 (1 - q).
    """
    q, p = 1 / N_TOKENS, (LENGTH - 1) / LENGTH / N_TOKENS
    gain = 1 - p * (1 - q) / (1 - q * p)
    for context in ("bigram", "trigram", "decision_list"):
        found = interp.context_gain(everything, context=context)[0]
        assert found[list(KNOWN).index("bigram")] == pytest.approx(gain, abs=0.03)
        assert abs(found[list(KNOWN).index("token")]) < 0.01


def test_look_alikes_show_that_a_token_is_not_all(everything: interp.Scores) -> None:
    assert of(everything, "detection", "context", "top_1") > 0.53
    assert of(everything, "detection_look_alike", "context", "top_1") == 0.5


@pytest.mark.parametrize("scorer", SCORERS)
def test_a_constant_scores_the_floor(everything: interp.Scores, scorer: str) -> None:
    np.testing.assert_array_equal(
        everything.floors[scorer][~np.isnan(everything.bits)], FLOORS[scorer]
    )
    values = everything.values[scorer][..., everything.explainers.index("constant")]
    if scorer == "r_squared":
        assert (values <= 1e-12).all() and (values > -0.01).all()
    elif scorer == "intruder":
        np.testing.assert_allclose(values[~np.isnan(values)], 0.2)
    else:
        assert set(values[~np.isnan(values)].tolist()) == {FLOORS[scorer]}


@pytest.mark.parametrize("scorer", SCORERS)
def test_noise_is_at_the_floor(everything: interp.Scores, scorer: str) -> None:
    """Within 5 standard errors for each of 11 explainers; variance explained is below."""
    values = everything.values[scorer][0, len(KNOWN) :]
    assert len(values) == N_NOISE and not np.isnan(values).any()
    error = values.std(0, ddof=1) / np.sqrt(N_NOISE)
    excess = values.mean(0) - FLOORS[scorer]
    assert (excess <= 5 * error + 1e-12).all()
    assert scorer == "r_squared" or (excess >= -5 * error - 1e-12).all()


def test_bits_grow_from_a_constant_to_tables(everything: interp.Scores) -> None:
    bits = everything.bits[0, 0]
    order = [
        everything.explainers.index(each) for each in ("constant", "top_1", "unigram", "trigram")
    ]
    assert (np.diff(bits[order]) > 0).all()


def test_no_document_is_both_fitted_on_and_scored_on() -> None:
    seen: dict[str, list[set[int]]] = {"fitted": [], "scored": []}

    def explain(contexts: Contexts, activations: np.ndarray, rng: Any) -> Explanation:
        seen["fitted"].append(set(contexts.document.tolist()))
        return Explanation("", 0.0, lambda contexts: np.zeros(contexts.tokens.shape))

    def scorer(contexts: Contexts, activations: Any, rng: Any) -> Any:
        seen["scored"].append(set(contexts.document.tolist()))

        def score_of(explanation: Explanation) -> Score:
            explanation.predict(contexts)
            return Score(0.0, 0.0, 1)

        return score_of

    scored(explainers={"mine": explain}, scorers={"mine": scorer}, n_reseeds=3)
    assert len(seen["fitted"]) == len(seen["scored"]) == 3 * 4
    everything = set(CONTEXTS.document.tolist())
    for fitted, held_out in zip(*seen.values(), strict=True):
        assert fitted.isdisjoint(held_out) and fitted | held_out == everything
    assert len(set(map(frozenset, seen["fitted"]))) == 3  # other halves in each reseed


def test_scores_depend_on_the_seed_and_on_nothing_else() -> None:
    first, again, other = scored(), scored(), scored(seed=6)
    np.testing.assert_array_equal(first.values["simulation"], again.values["simulation"])
    assert (first.values["simulation"] != other.values["simulation"]).any()
    assert (first.values["simulation"][0] != first.values["simulation"][1]).any()


def test_other_explainers_scorers_and_latents_change_nothing() -> None:
    alone = scored(
        activations=ACTIVATIONS[:, :2],
        explainers={"bigram": EXPLAINERS["bigram"]},
        scorers={"simulation": SCORERS["simulation"]},
    )
    whole = scored()
    np.testing.assert_array_equal(
        alone.values["simulation"][..., 0], whole.values["simulation"][:, :2, 2]
    )


@pytest.mark.parametrize("kind", [sparse.csc_array, sparse.csr_matrix, sparse.coo_array])
def test_sparse_activations_are_those_of_an_array(kind: Any) -> None:
    given = kind(ACTIVATIONS[:, :4])
    np.testing.assert_array_equal(scored(activations=given).bits, scored().bits)
    np.testing.assert_array_equal(
        scored(activations=given).values["r_squared"], scored().values["r_squared"]
    )


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int32])
def test_activations_that_are_no_floats_are_read_as_numbers(dtype: Any) -> None:
    """They are 0 or 1, where minus one would be 255 of uint8."""
    given = np.stack([BY_BIGRAM.ravel(), (BY_TOKEN > 0).ravel()], axis=1)
    found = scored(activations=given.astype(dtype), scorers=SCORERS, explainers=EXPLAINERS)
    expected = scored(activations=given, scorers=SCORERS, explainers=EXPLAINERS)
    for name, values in expected.values.items():
        np.testing.assert_array_equal(found.values[name], values)


def test_rare_latents_are_skipped_and_said_to_be() -> None:
    rare = np.where(np.cumsum(BY_TOKEN.any(1)) <= 49, BY_TOKEN.T, 0).T
    found = scored(activations=np.stack([rare.ravel(), BY_TOKEN.ravel()], axis=1))
    assert found.n_active.tolist() == [49, np.count_nonzero(BY_TOKEN.any(1))]
    assert found.skipped.tolist() == [True, False]
    for values in (found.bits, *found.values.values(), *found.floors.values()):
        assert np.isnan(values[:, 0]).all() and not np.isnan(values[:, 1]).any()
    assert (found.n_examples["simulation"] == [[[0], [60]]]).all()
    short = interp.summary(found)
    assert short["skipped"].tolist() == [True, False]
    assert not short["simulation_n_missing"].any()


def test_a_summary_has_means_floors_deviations_and_what_is_missing() -> None:
    names = ("simulation", "detection")
    found = scored(scorers={name: SCORERS[name] for name in names}, n_reseeds=3)
    short = interp.summary(found)
    values = found.values["simulation"]
    np.testing.assert_allclose(short["simulation"], values.mean(0))
    np.testing.assert_allclose(short["simulation_reseed_sd"], values.std(0, ddof=1))
    np.testing.assert_allclose(short["bits"], found.bits.mean(0))
    assert (short["simulation_floor"] == 0).all()
    expected = np.array([0, 0, 3, 0])[:, None] + np.zeros((1, 3), int)
    np.testing.assert_array_equal(short["detection_n_missing"], expected)
    assert np.isnan(short["detection"][2]).all()


def test_means_and_deviations_leave_out_what_is_missing() -> None:
    values = np.array([[1.0, np.nan, np.nan], [2, np.nan, 3], [6, np.nan, np.nan]])
    mean, deviation = mean_and_sd(values)
    np.testing.assert_allclose(mean, [3, np.nan, 3])
    np.testing.assert_allclose(deviation, [np.sqrt(7), np.nan, np.nan])


def test_a_prediction_of_another_shape_or_below_0_is_refused() -> None:
    for array in (np.zeros((1, 1)), np.full(BY_TOKEN.shape, -1.0), np.full((300, 18), np.inf)):
        explanation = Explanation("", 0.0, lambda contexts, array=array: array)
        with pytest.raises(ArgumentError, match=r"^explainers.mine: predicts an array of shape \["):
            scored(explainers={"mine": lambda *given, explanation=explanation: explanation})


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            {"activations": ACTIVATIONS[1:]},
            r"activations: have shape \[10799, 24\], expected \[10800",
        ),
        ({"activations": [1.0]}, r"activations: have shape \[\], expected \[10800, n_latents\]"),
        ({"activations": -ACTIVATIONS}, "activations: expected finite numbers, at least 0"),
        ({"activations": ACTIVATIONS + np.inf}, "activations: expected finite numbers, at least 0"),
        ({"activations": ACTIVATIONS.astype(str)}, "activations: expected finite numbers"),
        ({"contexts": CONTEXTS._replace(document=0 * CONTEXTS.document)}, "contexts.document: exp"),
        ({"contexts": CONTEXTS._replace(tokens=-CONTEXTS.tokens)}, "contexts.tokens: expected"),
        ({"explainers": {}}, "explainers={}: expected one or more"),
        ({"scorers": {}}, "scorers={}: expected one or more"),
        ({"explainers": {"mine": 3}}, "explainers.mine=3: expected a function"),
        ({"scorers": {"mine": None}}, "scorers.mine=None: expected a function"),
        ({"n_reseeds": 0}, r"n_reseeds=0: expected an integer in \[1"),
        ({"seed": -1}, r"seed=-1: expected an integer in \[0"),
        ({"min_active": 1.5}, r"min_active=1.5: expected an integer in \[0"),
    ],
)
def test_what_cannot_be_scored_is_refused_in_one_line(change: Any, line: str) -> None:
    with pytest.raises(ArgumentError, match=f"^{line}") as refused:
        scored(**change)
    assert "\n" not in str(refused.value)


def test_context_gain_asks_for_names_that_are_there() -> None:
    found = scored()
    with pytest.raises(
        ArgumentError, match="^context=bigrams: expected one of .*did you mean bigr"
    ):
        interp.context_gain(found, context="bigrams")
    without = scored(scorers={"simulation": SCORERS["simulation"]})
    with pytest.raises(ArgumentError, match="^scores=r_squared: expected one of simulation"):
        interp.context_gain(without, context="bigram")
