"""Verdicts on measurements made by hand: the ones that hold, and slips that are not to pass."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from experiments.gauge.scale.claims import judge
from experiments.gauge.scale.dimensions import RAW, REPLACED
from experiments.gauge.scale.figures import draw
from experiments.gauge.scale.measure import Measured
from experiments.gauge.scale.tied import ALPHAS, Tied
from experiments.gauge.scale.times_alpha import CURVE, Scaled
from superpos.app.claims.ledger import Verdict

ZERO, TINY = np.zeros(2), np.full(2, 1e-15)
SCALED = Scaled(
    features=TINY,
    outputs=TINY,
    decisions=ZERO,
    accuracy=np.array([0.9, 0.95]),
    loss=np.array([0.5, 2.0]),
    curve=np.ones((2, 3, len(CURVE))),
)
WHAT = ("outputs", "probabilities", *RAW, *REPLACED)
MOVES = {
    "unit permutation": (),
    "unit rescaling": RAW,
    "scale of layer 1": ("outputs", "probabilities", "features per dimension"),
    "scale of layer 2": ("outputs", "probabilities"),
    "logit shift": ("outputs",),
    "rotation": ("outputs", "probabilities", "activation dimensions", *REPLACED),
}
CHANGES = {
    group: {what: np.full(2, 0.3 if what in moved else 1e-15) for what in WHAT}
    for group, moved in MOVES.items()
}
"""A network whose measures change where they should."""
OWN = np.array([[1.0, 0.5, 0.5, 0.0]])
AUTOENCODERS = Tied(
    loss=1 + 16.8 * (ALPHAS[None] - 1) ** 2,
    measures={
        "dimensionality": OWN,
        "features per dimension": np.array([1.55]),
        "balanced dimensionality": OWN,
        "response dimensionality": OWN + 0.01,
        "balanced features, effective": np.array([1.5]),
        "contribution dimensions": np.array([1.9]),
    },
    represented=np.array([[True, True, True, False]]),
    n_hidden=2,
)
GOOD = Measured(
    scaled={"digits": SCALED, "digits_deep": SCALED},
    biased={"digits_biased": (np.array([3, 5]), ZERO)},
    changes={"digits": CHANGES},
    unit_features={"digits": 1 + TINY},
    tied=AUTOENCODERS,
)


def verdicts(measured: Measured) -> dict[str, Verdict]:
    return {verdict.claim.id.rpartition("/")[2]: verdict for verdict in judge(measured)}


def changed(group: str, what: str, value: float) -> Measured:
    """The good networks, but one of them changes otherwise under a group."""
    row = CHANGES[group] | {what: np.array([value, CHANGES[group][what][1]])}
    return GOOD._replace(changes={"digits": CHANGES | {group: row}})


def scaled(**fields: np.ndarray) -> Measured:
    return GOOD._replace(scaled={"digits": SCALED, "digits_deep": SCALED._replace(**fields)})


def tied(measures: Mapping[str, np.ndarray] | None = None, **fields: object) -> Measured:
    new = AUTOENCODERS._replace(measures=AUTOENCODERS.measures | (measures or {}), **fields)
    return GOOD._replace(tied=new)


def test_what_should_hold_is_reproduced() -> None:
    found = verdicts(GOOD)
    assert len(found) == len(judge(GOOD)) == 22
    assert {name: v.measured for name, v in found.items() if not v.reproduced} == {}
    assert found["loss"].measured == 0.5
    assert found["biases"].measured == 3
    assert found["tied_minimum"].measured == pytest.approx(1.0)
    assert found["tied_rise"].measured == pytest.approx(0.042)
    assert found["tied_effective"].measured == pytest.approx(0.05 / 1.55)
    assert found["tied_features"].measured == pytest.approx(0.05 / 1.5)
    assert found["tied_responses"].measured == pytest.approx(0.01)
    assert found["tied_contributions"].measured == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("claim", "measured"),
    [
        ("features", scaled(features=np.array([0.0, 1e-9]))),
        ("outputs", scaled(outputs=np.array([1e-9, 0.0]))),
        ("decisions", scaled(decisions=np.array([0, 1]))),
        ("loss", scaled(loss=np.array([2.0, 0.01]))),
        ("loss", scaled(loss=np.array([2.0, np.nan]))),
        ("biases", GOOD._replace(biased={"a": (np.array([3, 0]), ZERO)})),
        ("biases_scaled", GOOD._replace(biased={"a": (np.array([3, 3]), np.array([0, 1]))})),
        ("dimensionality", changed("scale of layer 1", "dimensionality", 1e-6)),
        ("dimensionality", changed("rotation", "dimensionality", 1e-6)),
        ("dimensionality", changed("unit permutation", "dimensionality", 1e-6)),
        ("rescaling", changed("unit rescaling", "outputs", 1e-6)),
        ("rescaling_dimensionality", changed("unit rescaling", "dimensionality", 1e-3)),
        ("rescaling_features", changed("unit rescaling", "features per dimension", 1e-3)),
        ("unit_form", GOOD._replace(unit_features={"digits": np.array([1.0, 1.1])})),
        ("replacements", changed("scale of layer 2", "contribution dimensions", 1e-6)),
        ("replacements", changed("unit rescaling", "balanced dimensionality", 1e-6)),
        ("replacements", changed("logit shift", "response dimensionality", 1e-6)),
        ("activations", changed("unit rescaling", "activation dimensions", 1e-3)),
        ("tied_balanced", tied({"balanced dimensionality": OWN + 1e-6})),
        ("tied_responses", tied({"response dimensionality": OWN + 0.2})),
        ("tied_effective", tied({"balanced features, effective": np.array([2.0])})),
        ("tied_contributions", tied({"contribution dimensions": np.array([1.0])})),
        ("tied_minimum", tied(loss=(ALPHAS[None] - 1.04) ** 2 + 1)),
        ("tied_minimum", tied(loss=(ALPHAS[None] - 0.96) ** 2 + 1)),
        ("tied_one_minimum", tied(loss=2 + np.cos(4 * np.pi * ALPHAS[None]))),
        ("tied_rise", tied(loss=1 + (ALPHAS[None] - 1) ** 2)),
        ("tied_features", tied(represented=np.array([[True, True, True, True]]))),
        ("tied_packed", tied(n_hidden=3)),
    ],
)
def test_what_differs_is_not_reproduced(claim: str, measured: Measured) -> None:
    assert verdicts(measured)[claim].reproduced is False


def test_a_rotation_does_not_count_against_replacements() -> None:
    assert CHANGES["rotation"]["response dimensionality"].min() > 0.1
    assert verdicts(GOOD)["replacements"].measured == 1e-15


def test_what_there_is_nothing_to_judge_by_is_not_run() -> None:
    nothing = verdicts(Measured({}, {}, {}, {}, None))
    assert len(nothing) == 22
    assert {verdict.reproduced for verdict in nothing.values()} == {None}
    without = tied(represented=np.zeros((1, 4), bool))
    assert verdicts(without)["tied_responses"].reproduced is None
    assert verdicts(without)["tied_features"].reproduced is False


def test_figures_are_drawn(tmp_path: Path) -> None:
    figures = draw(GOOD, tmp_path)
    assert [figure.name for figure in figures] == ["scale.png", "measures.png"]
    assert all(path.stat().st_size > 10_000 for path in tmp_path.iterdir())
    assert len([*tmp_path.glob("*.png")]) == 2
