"""What is claimed of monosemantic neurons."""

from collections.abc import Callable
from itertools import combinations

import numpy as np
import scipy

from experiments.jermyn.monosemantic.measure import Measured, Model
from superpos.app.claims.ledger import Claim, Origin, Row, Verdict, claims_of

ALIKE = 0.05
"""Losses that differ by less, relatively, are alike. The paper's are within about 2 %."""
FIRST = (
    "in the paper's words from a summary of it; asked at first at ε = 1/64 and 4,096 updates, with"
    " m = 8 and m = 32: no monosemantic neurons, as their biases rose 32 times faster beside what"
    " they learn, and few features are on at once. At 32,768 updates there were 6 in place of 0"
)
"""On claims whose setting was changed after a run was seen."""
ROWS: tuple[Row, ...] = (
    ("rates", "the learning rate changes how many neurons are monosemantic at the same loss:"
     " largest ratio of their numbers among models without a bias at the start whose losses are"
     " within 5 %",
     ">=", 2, 0),
    ("engineered", "a bias of -1 at the start that decays makes more neurons monosemantic: median"
     " over the rates of the ratio of their numbers", ">=", 2, 0),
    ("no_cost", "at no cost: median ratio of the losses", "<=", 1, 0.02),
    ("negative", "monosemantic neurons have a negative bias: share, of models with a bias at the"
     " start", ">=", 1, 0.05),
    ("positive", "the other neurons have a bias above 0: their median bias", ">=", 0, 0),
    ("all_features", "with twice as many neurons as features there is a monosemantic neuron for"
     " each feature: their number over that of the features", "=", 1, 0.15),
    ("wide", "more neurons than features hardly lower the loss: loss at k = 2N over that at"
     " k = N", "=", 1, 0.05),
    ("residual", "the other neurons are an identity of low rank on the features that are left:"
     " cosine with the identity, over the largest at that rank; mean", ">=", 1, 0.25),
    ("offset", "the lower the bias at the start, the more monosemantic neurons: rank correlation",
     "<=", -1, 0.2),
    ("schedule", "the same with a learning rate that falls once: median ratio of numbers with and"
     " without a bias at the start", ">=", 2, 0),
)  # fmt: skip


def claims(models: list[Model]) -> dict[str, Claim]:
    """The claims, of the models of several learning rates."""
    return claims_of(
        "jermyn/monosemantic",
        ROWS,
        paper="Jermyn, Schiefer & Hubinger 2022, Engineering Monosemanticity in Toy Models",
        section="feature decoder",
        setting=f"N={models[0].n} features, k={models[0].k} neurons, {len(models)} models; LAMB,"
        " cosine of period 2^10 over and over; reduced: m=32, ε=1/16, 2^15 updates of 256 (the"
        " paper: N=512, m=64, k=1024, ε=1/64, 2^17 of 2^13)",
        origin=Origin("paper", "after", FIRST),
        but=dict.fromkeys(("offset", "schedule"), Origin("ours", "after", FIRST)),
    )


def judge(measured: Measured) -> list[Verdict]:
    """Verdicts; those that need models that are not there are not run."""
    rates, offsets, widths, proper = measured
    of, engineered = claims(rates), [each for each in rates if each.decay > 0]
    return [
        of["rates"].judge(*_at_the_same_loss([each for each in rates if each.decay == 0])),
        of["engineered"].judge(*_ratio(rates, lambda each: max(each.n_mono, 1))),
        of["no_cost"].judge(*_ratio(rates, lambda each: each.loss)),
        of["negative"].judge(_mean([each.bias[each.mono] < 0 for each in engineered])),
        of["positive"].judge(_median([each.bias[each.poly] for each in engineered])),
        of["all_features"].judge(*_at_width(widths, 2, lambda each, n: each.n_mono / n)),
        of["wide"].judge(*_gain(widths)),
        of["residual"].judge(_identity(engineered)),
        of["offset"].judge(*_correlation(offsets)),
        of["schedule"].judge(*_ratio(proper, lambda each: max(each.n_mono, 1))),
    ]


def _at_the_same_loss(models: list[Model]) -> tuple[float | None, str]:
    """The largest ratio of numbers of monosemantic neurons of models with a loss alike."""
    note = ", ".join(f"{e.rate:g}: {e.n_mono} at a loss of {e.loss:.4g}" for e in models)
    found = [
        max(a.n_mono, b.n_mono) / max(min(a.n_mono, b.n_mono), 1)
        for a, b in combinations(models, 2)
        if abs(np.log(a.loss / b.loss)) < ALIKE
    ]
    return max(found, default=None), note


def _ratio(models: list[Model], of: Callable[[Model], float]) -> tuple[float | None, str]:
    """Median over the rates of a number with a bias at the start over that without."""
    without = {each.rate: of(each) for each in models if each.decay == 0}
    found = {e.rate: of(e) / without[e.rate] for e in models if e.decay > 0 and e.rate in without}
    note = ", ".join(f"{rate:g}: {ratio:.3g}" for rate, ratio in found.items())
    return (float(np.median([*found.values()])), note) if found else (None, "")


def _mean(groups: list[np.ndarray]) -> float | None:
    values = np.concatenate([*groups, []])
    return float(values.mean()) if values.size else np.nan if groups else None


def _median(groups: list[np.ndarray]) -> float | None:
    values = np.concatenate([*groups, []])
    return float(np.median(values)) if values.size else np.nan if groups else None


def _at_width(
    models: list[Model], times: float, of: Callable[[Model, int], float]
) -> tuple[float | None, str]:
    """A number of the model with so many times as many neurons as features."""
    note = ", ".join(f"k={each.k}: {each.n_mono}" for each in models)
    found = [of(each, each.n) for each in models if each.k == times * each.n]
    return (found[0] if found else None), note


def _gain(models: list[Model]) -> tuple[float | None, str]:
    """The loss with twice as many neurons as features, over that with as many."""
    note = ", ".join(f"k={each.k}: {each.loss:.4g}" for each in models)
    twice, once = (_at_width(models, times, lambda each, _: each.loss)[0] for times in (2, 1))
    return (None if twice is None or once is None else twice / once), note


def _identity(models: list[Model]) -> float | None:
    found = [each.identity for each in models]
    return float(np.nanmean(found)) if np.isfinite(found).any() else np.nan if models else None


def _correlation(models: list[Model]) -> tuple[float | None, str]:
    """The rank correlation of the bias at the start with the number of monosemantic neurons."""
    if len(models) < 3:
        return None, ""
    note = ", ".join(f"{each.offset:g}: {each.n_mono}" for each in models)
    numbers = [each.n_mono for each in models]
    if len({*numbers}) == 1:
        return np.nan, note
    return float(scipy.stats.spearmanr([each.offset for each in models], numbers)[0]), note
