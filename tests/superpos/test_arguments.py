"""Every range of superpos.arguments on both sides of every bound, and the wording of refusals."""

import inspect
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superpos import data, models, optim
from superpos.arguments import (
    ArgumentError,
    Count,
    CountOrZero,
    Decay,
    Density,
    Fraction,
    Interval,
    NonNegative,
    NonNegatives,
    Positive,
    Seed,
    annotation,
    check_value,
    did_you_mean,
    element_of,
    factory,
    sweepable,
)
from superpos.types import Scalar

# The neighbours of 1 in float32, the precision of the program.
BELOW_1 = float(np.nextafter(np.float32(1), np.float32(0)))
ABOVE_1 = float(np.nextafter(np.float32(1), np.float32(2)))
TINY, HUGE = 1e-30, 1e30

COUNTS = {
    "Count": (Count, "[1, 2147483647]", [1, 2, 2**31 - 1], [0, -1, 2**31]),
    "CountOrZero": (CountOrZero, "[0, 2147483647]", [0, 1, 2**31 - 1], [-1, 2**31]),
    "Seed": (Seed, "[0, 4294967295]", [0, 1, 2**31, 2**32 - 1], [-1, 2**32]),
}
NUMBERS = {
    "Density": (Density, "(0, 1]", [TINY, 0.5, BELOW_1, 1, 1.0], [0, 0.0, -TINY, ABOVE_1, 2]),
    "Fraction": (Fraction, "[0, 1]", [0, 0.0, TINY, 1, 1.0], [-TINY, -1, ABOVE_1, 2]),
    "Decay": (Decay, "[0, 1)", [0, 0.0, 0.5, BELOW_1], [-TINY, 1, 1.0, ABOVE_1]),
    "Positive": (Positive, "(0, inf)", [TINY, 1, HUGE], [0, 0.0, -TINY, -1]),
    "NonNegative": (NonNegative, "[0, inf)", [0, 0.0, TINY, HUGE], [-TINY, -1, -HUGE]),
}
NOT_NUMBERS = [
    float("nan"),
    float("inf"),
    float("-inf"),
    True,
    False,
    np.bool_(True),
    "0.5",
    "",
    None,
    0.5j,
    [0.5],
    (0.5,),
    {"a": 0.5},
    np.array([0.5]),
    np.str_("0.5"),
    object,
]
NOT_COUNTS = [*NOT_NUMBERS, 1.0, 2.5, 1e4, np.array(3.0), np.array([3])]


def cases(table: dict[str, Any], column: int) -> list[Any]:
    return [
        pytest.param(hint, text, value, id=f"{name}-{value!r}")
        for name, (hint, text, *columns) in table.items()
        for value in columns[column]
    ]


@pytest.mark.parametrize(("hint", "text", "value"), cases(COUNTS | NUMBERS, 0))
def test_a_value_in_range_passes(hint: Any, text: str, value: Any) -> None:
    check_value("knob", value, hint)


@pytest.mark.parametrize(("hint", "text", "value"), cases(NUMBERS, 1))
def test_a_number_out_of_range_is_refused(hint: Any, text: str, value: Any) -> None:
    with pytest.raises(ArgumentError) as refusal:
        check_value("knob", value, hint)
    assert str(refusal.value) == f"knob={value!r}: expected a number in {text}"


@pytest.mark.parametrize(("hint", "text", "value"), cases(COUNTS, 1))
def test_a_count_out_of_range_is_refused(hint: Any, text: str, value: Any) -> None:
    with pytest.raises(ArgumentError) as refusal:
        check_value("knob", value, hint)
    assert str(refusal.value) == f"knob={value!r}: expected an integer in {text}"


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", NOT_NUMBERS, ids=repr)
def test_what_is_no_finite_number_is_refused(name: str, value: Any) -> None:
    hint, text, *_ = NUMBERS[name]
    with pytest.raises(ArgumentError) as refusal:
        check_value("knob", value, hint)
    assert str(refusal.value) == f"knob={value!r}: expected a number in {text}"


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("value", NOT_COUNTS, ids=repr)
def test_what_is_no_integer_is_refused(name: str, value: Any) -> None:
    hint, text, *_ = COUNTS[name]
    with pytest.raises(ArgumentError) as refusal:
        check_value("knob", value, hint)
    assert str(refusal.value) == f"knob={value!r}: expected an integer in {text}"


@pytest.mark.parametrize(
    ("make", "value"),
    [(np.float16, 0.5), (np.float32, 0.5), (np.float64, 0.5), (np.int64, 1), (np.uint8, 1)],
)
def test_numpy_and_jax_scalars_count_as_numbers(make: Any, value: float) -> None:
    for scalar in (make(value), np.array(make(value)), jnp.asarray(make(value))):
        check_value("knob", scalar, Density)
        with pytest.raises(ArgumentError, match="expected a number"):
            check_value("knob", scalar + make(1), Density)


@pytest.mark.parametrize("make", [np.int32, np.int64, np.uint8, np.array, jnp.int32])
def test_numpy_and_jax_integers_count_as_counts(make: Any) -> None:
    check_value("knob", make(1), Count)
    with pytest.raises(ArgumentError, match="expected an integer"):
        check_value("knob", make(0), Count)


def test_a_bfloat16_scalar_counts_as_a_number() -> None:
    check_value("knob", jnp.bfloat16(0.5), Density)


@pytest.mark.parametrize("value", [np.ones((3, 3)), np.arange(5000.0)], ids=["matrix", "long"])
@pytest.mark.parametrize("hint", [Count, Density], ids=["Count", "Density"])
def test_an_array_is_refused_in_one_line(hint: Any, value: Any) -> None:
    with pytest.raises(ArgumentError) as refusal:
        check_value("knob", value, hint)
    assert "\n" not in str(refusal.value)


def test_a_ragged_list_is_refused() -> None:
    with pytest.raises(ArgumentError):
        check_value("knob", [[1], [1, 2]], Density)


def test_an_integer_beyond_floats_is_refused() -> None:
    with pytest.raises(ArgumentError):
        check_value("knob", 10**400, Count)


@pytest.mark.parametrize(
    ("hint", "value"),
    [(Density, 1e-50), (Positive, 1e-50), (Positive, 1e300), (Decay, 1 - 1e-12)],
    ids=["Density-0", "Positive-0", "Positive-inf", "Decay-1"],
)
def test_a_number_that_float32_rounds_out_of_range_is_refused(hint: Any, value: float) -> None:
    """A density of 1e-50 is 0 to the program, which would then learn nothing at no loss."""
    with pytest.raises(ArgumentError):
        check_value("knob", value, hint)


@pytest.mark.parametrize("values", [[0, 1.5, HUGE], (0.5,), [], np.ones(3), jnp.ones(3)], ids=repr)
def test_a_list_of_numbers_passes(values: Any) -> None:
    check_value("knobs", values, NonNegatives)
    check_value("knobs", values, NonNegatives | None)


@pytest.mark.parametrize(
    ("values", "index"),
    [
        ([-TINY, 1], 0),
        ([1, float("nan")], 1),
        ([1, 2, float("inf")], 2),
        ([True, 1], 0),
        ([1, "2"], 1),
        ([[1], 2], 0),
    ],
)
def test_a_bad_element_is_refused_by_its_index(values: list[Any], index: int) -> None:
    for hint in (NonNegatives, NonNegatives | None):
        with pytest.raises(ArgumentError) as refusal:
            check_value("knobs", values, hint)
        expected = f"knobs.{index}={values[index]!r}: expected a number in [0, inf)"
        assert str(refusal.value) == expected


@pytest.mark.parametrize(
    "values",
    [1.0, "123", "", b"123", True, {1.0, 2.0}, {1.0: 2.0}, np.array(1.0)],
    ids=repr,
)
def test_what_is_no_list_is_refused(values: Any) -> None:
    with pytest.raises(ArgumentError) as refusal:
        check_value("knobs", values, NonNegatives)
    assert str(refusal.value) == f"knobs={values!r}: expected a list of numbers in [0, inf)"


@pytest.mark.parametrize("make", [np.float32, np.float64, jnp.float32])
@pytest.mark.parametrize("hint", [Count, Density, NonNegatives], ids=["Count", "Density", "list"])
def test_numpy_and_jax_numbers_are_shown_as_plain_ones(make: Any, hint: Any) -> None:
    with pytest.raises(ArgumentError, match="^knob=-0.1: expected"):
        check_value("knob", make(-0.1), hint)


def test_none_passes_only_where_the_annotation_says_so() -> None:
    check_value("knobs", None, NonNegatives | None)
    with pytest.raises(ArgumentError):
        check_value("knobs", None, NonNegatives)


@factory
def gadget(
    *,
    n_parts: Count,
    rate: Positive = 1.0,
    share: Fraction = 0.5,
    weights: NonNegatives | None = None,
    mode: Literal["slow", "fast"] = "slow",
    exact: bool = False,
    note: Any = None,
) -> Scalar:
    """Return what it was given, so that the checks alone are tested."""
    return n_parts, rate, share, weights, mode, exact, note  # type: ignore[return-value]


def test_a_factory_gets_its_arguments_untouched() -> None:
    weights, note = [1.0, 2.0], object()
    made = gadget(n_parts=3, rate=2, share=1, weights=weights, mode="fast", exact=True, note=note)
    assert made == (3, 2, 1, weights, "fast", True, note)
    assert gadget(n_parts=3) == (3, 1.0, 0.5, None, "slow", False, None)


def test_a_factory_keeps_its_signature_and_docstring() -> None:
    def plain(*, rate: Positive = 1.0) -> Scalar:
        """Plain."""
        return rate

    assert inspect.signature(factory(plain)) == inspect.signature(plain)
    assert factory(plain).__doc__ == "Plain."
    assert factory(plain).__name__ == "plain"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_parts": 0}, "n_parts=0: expected an integer in [1, 2147483647]"),
        ({"n_parts": 2.0}, "n_parts=2.0: expected an integer in [1, 2147483647]"),
        ({"rate": 0.0}, "rate=0.0: expected a number in (0, inf)"),
        ({"rate": "1"}, "rate='1': expected a number in (0, inf)"),
        ({"share": 1.5}, "share=1.5: expected a number in [0, 1]"),
        ({"weights": [1, -1]}, "weights.1=-1: expected a number in [0, inf)"),
        ({"weights": 1}, "weights=1: expected a list of numbers in [0, inf)"),
        ({"mode": "quick"}, "mode='quick': expected one of slow, fast"),
        ({"mode": "fsat"}, "mode='fsat': expected one of slow, fast; did you mean fast?"),
        ({"mode": None}, "mode=None: expected one of slow, fast"),
        ({"exact": 1}, "exact=1: expected true or false"),
        ({"exact": "true"}, "exact='true': expected true or false"),
    ],
)
def test_a_factory_refuses_in_one_line(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError) as refusal:
        gadget(**({"n_parts": 1} | arguments))
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"far": "a"}, "far='a': expected an integer"),
        ({"far": True}, "far=True: expected an integer"),
        ({"far": 2.5}, "far=2.5: expected an integer"),
        ({"rate": "1"}, "rate='1': expected a number"),
        ({"rate": [1.0]}, "rate=[1.0]: expected a number"),
        ({"scale": None}, "scale=None: expected a number"),
    ],
)
def test_plain_numbers_are_checked_too(arguments: dict[str, Any], message: str) -> None:
    """Of a component of one's own, whose hints have no ranges."""

    @factory
    def own(*, far: int = 4, rate: float = 1.0, scale: Scalar = 1.0) -> Any:
        return far, rate, scale

    assert own(far=-2, rate=3, scale=np.float32(2)) == (-2, 3, 2)
    assert jax.jit(lambda rate: own(rate=rate, scale=rate)[1])(0.5) == 0.5
    with pytest.raises(ArgumentError) as refusal:
        own(**arguments)
    assert str(refusal.value) == message


def test_a_choice_is_refused_whatever_its_type() -> None:
    with pytest.raises(ArgumentError):
        gadget(n_parts=1, mode=np.array([1, 2]))


def test_an_argument_error_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="n_parts=0"):
        gadget(n_parts=0)


def test_an_unknown_or_positional_argument_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        gadget(n_parts=1, speed=2)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        gadget(1)  # type: ignore[misc]


@pytest.mark.parametrize("wrap", [jax.jit, jax.grad], ids=["jit", "grad"])
def test_a_tracer_passes_for_a_number(wrap: Any) -> None:
    """Its range was checked on the concrete axis, so even -1 is let through."""

    def rate_of(value: jax.Array) -> jax.Array:
        return jnp.float32(gadget(n_parts=1, rate=value, share=value)[1])

    expected = {jax.jit: -1.0, jax.grad: 1.0}[wrap]
    assert wrap(rate_of)(-1.0) == expected


def test_tracers_pass_under_vmap_and_inside_a_list() -> None:
    def rates(value: jax.Array) -> jax.Array:
        made = gadget(n_parts=1, rate=value, weights=[value, 1.0])
        return made[1] + made[3][0]

    np.testing.assert_array_equal(jax.vmap(rates)(jnp.array([1.0, 2.0])), [2.0, 4.0])


def test_a_concrete_number_next_to_a_tracer_is_still_checked() -> None:
    def rates(value: jax.Array) -> jax.Array:
        return gadget(n_parts=1, weights=[value, -1.0])[3][0]

    with pytest.raises(ArgumentError, match=r"^weights\.1=-1\.0: expected"):
        jax.jit(rates)(1.0)


@pytest.mark.parametrize("hint", [Count, CountOrZero, Seed], ids=["Count", "CountOrZero", "Seed"])
def test_a_count_is_refused_under_tracing(hint: Any) -> None:
    def traced(value: jax.Array) -> jax.Array:
        check_value("knob", value, hint)
        return value

    with pytest.raises(ArgumentError) as refusal:
        jax.jit(traced)(3)
    assert str(refusal.value) == "knob: static, so it cannot be swept inside one program"


@pytest.mark.parametrize("hint", [Literal["slow", "fast"], bool], ids=["Literal", "bool"])
def test_a_choice_or_flag_is_refused_under_tracing(hint: Any) -> None:
    def traced(value: jax.Array) -> jax.Array:
        check_value("knob", value, hint)
        return value

    with pytest.raises(ArgumentError, match="^knob: static"):
        jax.jit(traced)(1)


def test_sweepable_names_scalars_and_lists_of_scalars() -> None:
    assert sweepable(gadget) == ("rate", "share", "weights.<index>")


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (
            data.sparse_uniform,
            {"n_used", "density", "densities.<index>", "density_power", "n_active"},
        ),
        (models.autoencoder, {"n_used", "width", "importance_decay"}),
        (models.errors.power, {"loss_exponent", "importance_power", "importance.<index>"}),
        (models.regularisers.noise, {"noise_scale"}),
        (optim.adam, {"learning_rate", "b1", "b2", "eps"}),
        (optim.adamw, {"learning_rate", "weight_decay", "b1", "b2", "eps"}),
        (optim.sgd, {"learning_rate", "momentum"}),
        (optim.schedules.constant, set()),
        (optim.schedules.linear, {"final"}),
        (optim.schedules.cosine, {"final"}),
    ],
)
def test_what_can_be_swept_of_each_factory(function: Any, names: set[str]) -> None:
    assert set(sweepable(function)) == names


def test_the_annotation_of_an_argument_is_found_through_the_decorator() -> None:
    assert annotation(gadget, "rate") == Positive
    assert annotation(gadget, "n_parts") == Count
    assert annotation(gadget, "missing") is Any


@pytest.mark.parametrize("hint", [NonNegatives, NonNegatives | None], ids=["list", "optional"])
def test_an_element_has_the_range_of_its_list(hint: Any) -> None:
    assert element_of(hint) == NonNegative


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("densty", ["density", "n_features"], "; did you mean density?"),
        ("n_feature", {"density": 1, "n_features": 2}, "; did you mean n_features?"),
        ("zzz", ["density", "n_features"], ""),
        ("density", [], ""),
    ],
)
def test_did_you_mean_names_the_closest_word(word: str, known: Any, hint: str) -> None:
    assert did_you_mean(word, known) == hint


@given(st.floats(-2.0, 2.0) | st.sampled_from([0.0, -0.0, 1.0, float("nan"), float("inf")]))
def test_an_interval_contains_what_its_notation_says(value: float) -> None:
    assert (value in Interval("(0, 1]")) == (0 < value <= 1)
    assert (value in Interval("[0, 1)")) == (0 <= value < 1)
    assert (value in Interval("[0, inf)")) == (0 <= value < float("inf"))
    assert (value in Interval("(-inf, 1)")) == (float("-inf") < value < 1)
