"""What is claimed of the powers by which the loss falls."""

from collections.abc import Mapping

import numpy as np

from experiments.liu.scaling.measure import STRONG, WEAK, Models, Power, Scaling, fit, welch
from experiments.statistics import mean
from superpos.app.claims.ledger import Claim, Origin, Row, Verdict, claims_of

FLAT, EVEN, SKEWED, STEEP = (0.0, 0.5), (0.5, 1.0), (1.5, 2.0), 2.0
"""Powers α at which the claims are asked."""
UNTRAINED = Origin("paper", "before", "true of models that learned nothing, too", identity=True)
ROWS: tuple[Row, ...] = (
    ("weak_fraction", "γ = 1, α >= 1: as many features are represented as there are dimensions;"
     " mean of φn / m", "=", 1, 0.25),
    ("strong_fraction", "γ = -1: all features are represented; mean of φ", "=", 1, 0.05),
    ("weak_loss", "γ = 1: the loss is that of the features that are not represented, ⟨v²⟩ Σ p_i;"
     " mean ratio", "=", 1, 0.1),
    ("weak_exponent", "γ = 1, α = 1.5 and 2: the loss falls like m^-(α-1); largest deviation of"
     " the exponent", "<=", 0, 0.15),
    ("weak_flat", "γ = 1, α < 1: there is no power law, the loss hardly falls; largest exponent at"
     " α = 0 and 0.5", "<=", 0.25, 0),
    ("strong_exponent", "γ = -1, α = 0.5 and 1: the loss falls like 1/m whatever α is; largest"
     " deviation of the exponent", "<=", 0, 0.15),
    ("strong_steep", "γ = -1, α = 2: it falls faster, with exponent 1.3", "=", 1.3, 0.3),
    ("overlap", "γ = -1: the mean squared overlap of two features is 1/m; mean of m times it",
     "=", 1, 0.15),
    ("welch", "the largest squared overlap is at least the bound of Welch; least ratio of those"
     " models that have all features", ">=", 1, 1e-6),
    ("important", "γ = -1, α >= 1: squared overlaps of frequent features vary less than those of"
     " rare ones, nearer to an equiangular frame; median ratio of variances", "<=", 1, 0),
    ("activity", "γ = -1, α = 1: the exponent does not depend on how many features are on at"
     " once; largest difference to that at E = 1", "<=", 0, 0.15),
)  # fmt: skip


def claims(models: Models) -> dict[str, Claim]:
    """The claims, of a grid."""
    widths = f"m from {models.m.min():g} to {models.m.max():g}"
    return claims_of(
        "liu/scaling",
        ROWS,
        paper="Liu, Liu & Gore 2025, Superposition Yields Robust Neural Scaling",
        section="the toy model",
        setting=f"n={models.n}, {widths}, E={models.active[0]:g} feature on at once, signed weight"
        f" decay γ; {len(models.loss)} models (the paper: n=1000, m from 10 to 100, 1,080 models)",
        origin=Origin("paper", "before"),
        but={
            "welch": Origin("theory", "before", identity=True),
            **dict.fromkeys(("weak_flat", "activity"), UNTRAINED),
        },
    )


def judge(measured: Scaling) -> list[Verdict]:
    """Verdicts on the powers; those that need values that are not there are not run."""
    models = measured.grid
    of, weak, strong = claims(models), models.where(decay=WEAK), models.where(decay=STRONG)
    skewed = strong.power >= 1
    return [
        of["weak_fraction"].judge(mean((weak.kept / weak.m)[weak.power >= 1])),
        of["strong_fraction"].judge(mean(strong.kept / models.n)),
        of["weak_loss"].judge(mean(weak.over_missed), _ratios(weak)),
        of["weak_exponent"].judge(*_deviation(weak, {a: a - 1 for a in SKEWED})),
        of["weak_flat"].judge(*_deviation(weak, dict.fromkeys(FLAT, 0.0))),
        of["strong_exponent"].judge(*_deviation(strong, dict.fromkeys(EVEN, 1.0))),
        of["strong_steep"].judge(*_exponent(strong.where(power=STEEP))),
        of["overlap"].judge(mean(strong.overlap * strong.m)),
        of["welch"].judge(_over_welch(strong)),
        of["important"].judge(float(np.median(strong.important[skewed])) if skewed.any() else None),
        _judge_activity(of["activity"], strong, measured.activity),
    ]


def _ratios(weak: Models) -> str:
    """The mean ratio at each α."""
    found = {a: weak.over_missed[weak.power == a].mean() for a in np.unique(weak.power)}
    return ", ".join(f"α={a:.3g}: {ratio:.3g}" for a, ratio in found.items())


def _over_welch(strong: Models) -> float | None:
    bound = welch(strong.n, strong.m)
    return float((strong.largest / bound)[bound > 0].min()) if (bound > 0).any() else None


def text(power: Power) -> str:
    """An exponent with its interval."""
    return f"{power.exponent:.3f} [{power.low:.3f}, {power.high:.3f}]"


def _exponent(models: Models) -> tuple[float | None, str]:
    """The exponent, None without several widths, and a note with its interval."""
    if len(np.unique(models.m)) < 2:
        return None, ""
    power = fit(models)
    return power.exponent, text(power)


def _deviation(models: Models, expected: Mapping[float, float]) -> tuple[float | None, str]:
    """The largest deviation from the exponents expected at each α, and a note with all of them."""
    found = {a: models.where(power=a) for a in expected}
    found = {a: fit(each) for a, each in found.items() if len(np.unique(each.m)) > 1}
    off = [abs(power.exponent - expected[a]) for a, power in found.items()]
    return max(off, default=None), "; ".join(f"α={a:g}: {text(p)}" for a, p in found.items())


def _judge_activity(claim: Claim, strong: Models, other: Models) -> Verdict:
    """Exponents with other numbers of features on at once, over the widths that both have."""
    base = strong.where(power=1.0, active=1.0)
    base = base.at(np.isin(base.m, other.m))
    found = {e: other.where(active=e) for e in np.unique(other.active)}
    found = {e: fit(each) for e, each in found.items() if len(np.unique(each.m)) > 1}
    if not found or len(np.unique(base.m)) < 2:
        return claim.judge(None)
    mine = fit(base)
    note = "; ".join(f"E={e:g}: {text(power)}" for e, power in {1.0: mine, **found}.items())
    return claim.judge(max(abs(p.exponent - mine.exponent) for p in found.values()), note)
