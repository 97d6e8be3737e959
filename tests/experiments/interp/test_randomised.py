"""The claims on trained and randomised transformers, on latents made by hand."""

import numpy as np
import pytest
import xarray

from experiments.interp.randomised import measure as measuring
from experiments.interp.randomised.bootstrap import difference, interval, means
from experiments.interp.randomised.claims import CLAIMS, judge
from experiments.interp.randomised.excerpts import Excerpt, excerpts_of, questions_of
from experiments.interp.randomised.measure import ARMS, FLOOR_ARMS, Latents, Randomised
from superpos.app import boundary
from superpos.app.claims.setting import registered
from superpos.arguments import ArgumentError
from superpos.evaluations.interpretation import BY_EXPLAINER, BY_LATENT, EXPLAINERS
from superpos.interp import to_bytes

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


def failed(changes=None, explained=None, before=1.0, l0=16.0) -> set[str]:
    """The claims that do not hold."""
    last = latents(**{**GOOD, **(changes or {})})
    last.fit["held_out_l0"][:] = l0
    first = latents(top_token_entropy={"trained": before})
    found = judge(
        Randomised(
            layers=(0, 1),
            scored=[first, last],
            k=16.0,
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


def test_l0_is_compared_with_k_and_not_with_that_of_other_arms():
    assert failed(l0=16.7) == set()
    assert failed(l0=3.0) == {"l0"}


@pytest.mark.parametrize("unknown", ["fuzzing", "detection"])
def test_a_control_that_is_not_known_does_not_hold(unknown):
    assert failed({unknown: {"trained + noise_embeddings": np.nan}}) == {"control"}


def test_what_is_of_an_arm_that_is_not_there_is_no_number():
    arms = ("trained", "shuffle_entries")
    measured = Randomised(
        layers=(0,),
        scored=[latents(arms)],
        k=None,
        nulls={},
        recovered={},
        explained={"trained": np.full(2, 0.8)},
        frontier=[],
        agreement={},
        excerpts=[],
    )
    found = {each.claim.id.rsplit("/", 1)[1]: each for each in judge(measured)}
    without = {"fuzzing", "detection", "control", "entropy", "alone", "above_floor"}
    without |= {"beyond_tokens", "trained_beyond_tokens"}
    assert {name for name, each in found.items() if each.measured is None} == {
        "depth",
        "l0",
        "frozen_decoder",
    }
    numbers = {name: each.measured for name, each in found.items() if each.measured is not None}
    assert {name for name, value in numbers.items() if np.isnan(value)} == without
    assert not any(found[name].reproduced for name in without)


# What is stored


def rows_of(rows) -> dict[str, xarray.Dataset]:
    """A result that is the number of its row, of "scored" and of "floors"."""
    rows = np.asarray(rows, np.float32)
    dataset = xarray.Dataset(
        {
            "result": (("row", "seed"), rows[:, None]),
            "status": (("row", "seed"), np.full((len(rows), 1), "ok")),
        },
        coords={"row": rows, "seed": [0]},
    )
    return {"scored": dataset, "floors": dataset}


def test_rows_are_found_by_their_numbers():
    found = measuring._rows(rows_of([3, 0, 2]), "scored", 2, part=1, n_parts=2)
    np.testing.assert_array_equal(found["result"][:, 0], [2, 3])
    found = measuring._rows(rows_of([3, 0, 2]), "scored", 2, part=0, n_parts=2)
    np.testing.assert_array_equal(found["result"][:, 0], [0, np.nan])


@pytest.mark.parametrize(
    ("rows", "name", "line"),
    [
        ([0, 99], "scored", "sweep.data.data.row: 99, expected whole numbers below 4, one for"),
        ([0.5], "scored", "sweep.data.data.row: 0.5, expected whole numbers"),
        ([-1, 0], "floors", "variants.floors.sweep.data.data.row: -1, expected whole"),
        ([4], "floors", "variants.floors.sweep.data.data.row: 4, expected whole"),
    ],
)
def test_a_row_that_is_none_is_one_line(rows, name, line):
    with pytest.raises(ArgumentError) as caught:
        measuring._rows(rows_of(rows), name, 2, n_parts=2)
    assert str(caught.value).startswith(line) and "\n" not in str(caught.value)


def test_rows_that_are_no_axis_are_one_line():
    datasets = {"scored": rows_of([0])["scored"].isel(row=0)}
    with pytest.raises(ArgumentError, match=r"^sweep\.data\.data\.row: missing, expected whole"):
        measuring._rows(datasets, "scored", 2)


def test_floors_of_another_layer_are_refused():
    line = r"^variants\.floors\.assets\.activations\.layers=\[1\]: expected \[0\], the last"
    with pytest.raises(ArgumentError, match=line):
        measuring.measure({}, layers=[0], layers_of={"whole": [0], "floors": [1]})


def test_arms_have_the_names_that_claims_know_them_by():
    names = ["trained+token_alone", " shuffle_entries "]
    assert measuring._canonical(names) == ("trained + token_alone", "shuffle_entries")
    with pytest.raises(ArgumentError, match="^arms='shuffel'"):
        measuring._canonical(["shuffel"])


@pytest.mark.parametrize("layers", [[0], [1, 0]])
def test_other_variants_are_of_the_last_layer(layers):
    name = f"assets.activations.layers={layers}"
    config = boundary.compose(["experiment=interp/randomised", name])
    last = [layers[-1]]
    variants = config["variants"]
    assert variants["scored"] == {}
    assert {*config["analysis"]["layers_of"]} == variants.keys() - {"scored"}
    for each in config["analysis"]["layers_of"]:
        assert variants[each]["assets"]["activations"]["layers"] == last
        assert config["analysis"]["layers_of"][each] == last


def test_what_is_spliced_in_is_of_the_layer_that_autoencoders_are_of():
    config = boundary.compose(
        ["experiment=full/interp/randomised", "assets.activations.layers=[0]"]
    )
    variants = config["variants"]
    for name in ("whole", "frozen_decoder", "frozen_encoder", "soft_decoder", "untrained"):
        assert variants[name]["evaluations"]["spliced"]["layer"] == 0
        assert variants[name]["assets"]["activations"]["layers"] == [0]


def test_the_setting_is_the_registered_one():
    config = registered("interp/randomised")["analysis"]
    assert config["arms"] == [*ARMS] and config["floor_arms"] == [*FLOOR_ARMS]
    assert config["layers"] == [*measuring.LAYERS]
    assert config["frontier_arms"] == [*measuring.FRONTIER_ARMS]
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


def test_contexts_in_which_a_latent_is_never_active_are_not_shown():
    text = np.stack([to_bytes([f" {name}{at}" for at in range(3)]) for name in "abc"])
    dataset = xarray.Dataset(
        {
            "status": (("row", "seed"), [["ok"]]),
            "ok": (("row", "seed"), [[1.0]]),
            "latent_number": (("row", "seed", "scored_latent"), [[[7]]]),
            "explanation": (("row", "seed", "shown_latent", "byte"), [[to_bytes(["always"])]]),
            "excerpt_text": (
                ("row", "seed", "shown_latent", "excerpt", "place", "token_byte"),
                text[None, None, None],
            ),
            "excerpt_activations": (
                ("row", "seed", "shown_latent", "excerpt", "place"),
                [[[[[0.0, 4.0, 1.0], [0.0, 2.0, 0.0], [0.0, 0.0, 0.0]]]]],
            ),
        },
        coords={"row": [0], "seed": [0]},
    )
    [found] = excerpts_of(dataset, ["trained"], 1)
    assert found.latent == 7 and found.explanation == "always"
    assert found.contexts == [
        [(" a0", 0.0), (" a1", 1.0), (" a2", 0.25)],
        [(" b0", 0.0), (" b1", 0.5), (" b2", 0.0)],
    ]


def test_a_blinded_test_shows_contexts_before_arms():
    contexts = [[(" a", 0.0), (" b", 0.0), (" whale", 1.0), (" c", 0.3)]]
    given = [Excerpt(arm, number, "where it is", contexts) for number, arm in enumerate(ARMS)]
    questions = questions_of(given)
    assert {each.answer["Arm"] for each in questions} == {*ARMS}
    assert [each.answer["Arm"] for each in questions] != [*ARMS]
    assert questions[0].excerpts == [[(" a b", 0), (" whale", 4), (" c", 2)]]
    assert not any(arm in each.title for each in questions for arm in ARMS)
