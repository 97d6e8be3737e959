"""What is claimed of effective compute at toy scale."""

import numpy as np

from experiments.triggers.effective_compute.measure import FACTOR, Gains, Recipe
from superpos.app.claims.ledger import Claim, Origin, Row, Verdict, claims_of

LEAST, MOST = 1.3, 4.0
"""Gains of an improved recipe that are expected."""
RATIO = 1.5
"""A budget is read to this factor."""
PAPER, SECTION = "Anthropic, Responsible Scaling Policy 1.0", "Evaluation Protocol"
MODELS = (
    "autoencoders of 64 features in 16 dimensions, densities as 1/i; baseline: Adam at 3e-3, six"
    " budgets of 250 to 8,000 updates, 4 seeds for the law and 4 held out"
)
SETTINGS = {
    "improved": f"{MODELS}; a cosine to 0 from 3e-3, four budgets of 250 to 2,000, 8 seeds",
    "higher": f"{MODELS}; a cosine to 0 from 1e-2, four budgets of 250 to 2,000, 8 seeds",
}
BEFORE = {
    "read": -0.16,
    "control": -0.12,
    "gain": -0.91,
    "sure": 0.49,
    "late": 1.20,
    "overshoot": 3.05,
    "higher_gain": 0.56,
    "higher_sure": 1.04,
    "higher_late": 0.79,
    "higher_overshoot": 4.91,
}
"""What was measured before the setting was changed; statements and tolerances are from before."""


def origin(name: str) -> Origin:
    """Where a claim is from."""
    return Origin(
        "ours",
        "after",
        "measured at first on 8,192 examples that all models share, whose noise the bootstrap over"
        f" seeds does not see: {BEFORE[name]:.2f}",
    )


LAW = claims_of(
    "triggers/effective_compute",
    (
        ("read", "a law of all budgets but the largest reads the largest off its loss up to a"
         " factor of 1.5: log2 of the ratio", "=", 0, float(np.log2(RATIO))),
        ("control", "other seeds of the baseline are no improvement: median over budgets of log2 of"
         " effective compute over FLOPs", "=", 0, float(np.log2(LEAST))),
    ),
    paper=PAPER,
    section=SECTION,
    setting=MODELS,
    origin=origin("read"),
    but={"control": origin("control")},
)  # fmt: skip


def of_recipe(recipe: str) -> dict[str, Claim]:
    """The claims of a recipe, by what they are about."""
    prefix = "" if recipe == "improved" else f"{recipe}_"
    rows: tuple[Row, ...] = (
        (f"{prefix}gain", "a falling learning rate is worth 1.3 to 4 times the compute: median over"
         " budgets of log2 of effective compute over FLOPs", "=",
         float(np.log2(LEAST * MOST) / 2), float(np.log2(MOST / LEAST) / 2)),
        (f"{prefix}sure", "the gain is not the noise of the law: least over budgets of the lower"
         " end of its 95 % interval by the bootstrap", ">=", 1, 0),
        (f"{prefix}late", "4 times the effective compute of an evaluated baseline is reached well"
         " before a counter of FLOPs says so: FLOPs there over FLOPs where it does, median over"
         " anchors", "<=", 1 / LEAST, 0),
        (f"{prefix}overshoot", "where the counter says so, effective compute has grown by more than"
         " 4 times: median over anchors", ">=", LEAST * FACTOR, 0),
    )  # fmt: skip
    claims = claims_of(
        "triggers/effective_compute",
        rows,
        paper=PAPER,
        section=SECTION,
        setting=SETTINGS[recipe],
        origin=origin(rows[0][0]),
        but={name: origin(name) for name, *_ in rows},
    )
    return {name.removeprefix(prefix): claim for name, claim in claims.items()}


def judge(measured: Gains | None) -> list[Verdict]:
    """Verdicts; not run where there are too few budgets or seeds."""
    recipes = {recipe: of_recipe(recipe) for recipe in SETTINGS}
    if measured is None:
        every = [LAW, *recipes.values()]
        return [claim.judge(None) for claims in every for claim in claims.values()]
    with np.errstate(divide="ignore"):
        read, control = np.log2(measured.read), np.log2(measured.control)
    verdicts = [
        LAW["read"].judge(read, _law_text(measured)),
        LAW["control"].judge(np.median(control)),
    ]
    for recipe, claims in recipes.items():
        verdicts += _of(claims, measured.recipes[recipe])
    return verdicts


def _of(claims: dict[str, Claim], runs: Recipe) -> list[Verdict]:
    """Verdicts on a recipe; not run without runs."""
    if not runs.flops.size:
        return [claim.judge(None) for claim in claims.values()]
    gains = runs.compute / runs.flops
    with np.errstate(divide="ignore"):
        gain = float(np.median(np.log2(gains)))
    listed = ", ".join(f"{value:.3g}" for value in gains)
    return [
        claims["gain"].judge(gain, f"gains from the shortest run up: {listed}"),
        claims["sure"].judge((runs.interval[0] / runs.flops).min()),
        claims["late"].judge(_median(runs.on_time)),
        claims["overshoot"].judge(_median(runs.overshoot)),
    ]


def _law_text(measured: Gains) -> str:
    law = measured.law
    if law is None:
        return "the loss is no power law of compute"
    return f"L = {law.irreducible:.3g} + ({law.scale:.3g} / C)^{law.exponent:.3g}, C in FLOPs"


def _median(values: np.ndarray) -> float | None:
    return float(np.median(values)) if values.size else None
