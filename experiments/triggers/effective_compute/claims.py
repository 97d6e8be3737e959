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
FIRST = "written after the cosine from 3e-3 was seen to be worth half of the compute"
"""On the claims of the second recipe, which are from before its own first run."""

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
    origin=Origin("ours", "before"),
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
        origin=Origin("ours", "before", FIRST if prefix else ""),
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
