"""What is claimed of the powers of time by which the loss falls."""

from collections.abc import Iterable

from experiments.power_law.dynamics.measure import FIRST, LAST, SHARE, Course, Dynamics
from experiments.statistics import mean
from superpos.app.claims.ledger import Claim, Origin, Row, Verdict, claims_of

ENOUGH = 1.5
"""Power a of frequencies from which some hundred features are as good as infinitely many."""
ROWS: tuple[Row, ...] = (
    ("whole_exponent", "K = N, a >= 1.5: the loss falls like t^-(a + 2b - 1)/a; largest deviation"
     " of the exponent", "<=", 0, 0.1),
    ("whole_curve", "K = N: the loss is that of gradient descent in closed form; largest root mean"
     " square of the relative difference", "<=", 0, 0.1),
    ("bottleneck_universal", "K < N: the loss, above that at the end, falls like 1/t whatever a, b"
     " and K are; largest deviation of the exponent", "<=", 0, 0.15),
    ("faster", "where K = N is slowest, a bottleneck's loss falls to half of its start sooner;"
     " ratio of times", ">=", 2, 0),
    ("whole_shuffled", "K = N, b > 0: with importance in another order than frequency the loss"
     " falls more slowly; least difference of exponents", ">=", 0.2, 0),
    ("bottleneck_shuffled", "K < N, b > 0: with importance in another order than frequency the"
     " exponent stays; largest change", "<=", 0, 0.15),
)  # fmt: skip


def claims(measured: Dynamics) -> dict[str, Claim]:
    """The claims, of some numbers of features and dimensions."""
    dimensions = sorted({each.k for each in measured.bottleneck}, reverse=True)
    return claims_of(
        "power_law/dynamics",
        ROWS,
        paper="Chen et al. 2026, Superposition unifies power-law training dynamics",
        section="abstract, and its theory as summarised by others",
        setting=f"N={measured.n}, K={', '.join(map(str, dimensions))} with ReLU, a trained bias and"
        f" fixed random directions, K=N linear; x_i uniform on (0, 1], 1 feature on at once; SGD;"
        f" exponents while features {FIRST} to {LAST} are learned with K=N (our choice: of the"
        " paper we have the abstract, not the configuration)",
        origin=Origin("paper", "before"),
        but={
            "whole_curve": Origin("theory", "before"),
            "whole_shuffled": Origin(
                "control", "after", "asked at first only that it changes", identity=True
            ),
            "bottleneck_shuffled": Origin(
                "control", "before", "true of models that learned nothing, too", identity=True
            ),
        },
    )


def judge(measured: Dynamics) -> list[Verdict]:
    """Verdicts on the powers; those that need values that are not there are not run."""
    of = claims(measured)
    whole, bottleneck = measured.whole, measured.bottleneck
    curves = [each.off for each in whole + measured.whole_shuffled if each.off is not None]
    excess = [each.exponent(each.excess) for each in bottleneck]
    found = [each for each in excess if each is not None]
    change = _changes(bottleneck, measured.bottleneck_shuffled, above_end=True)
    whole_change = _changes(whole, measured.whole_shuffled, above_end=False)
    return [
        _judge_whole(of["whole_exponent"], whole),
        of["whole_curve"].judge(max(curves, default=None)),
        of["bottleneck_universal"].judge(
            max((abs(each - 1) for each in found), default=None),
            f"{_listed(bottleneck, excess)}; {_itself(bottleneck)}" if found else "",
        ),
        of["faster"].judge(*_speed(whole, bottleneck)),
        of["whole_shuffled"].judge(min(whole_change, default=None), _texts(whole_change)),
        of["bottleneck_shuffled"].judge(max(map(abs, change), default=None), _texts(change)),
    ]


def _judge_whole(claim: Claim, whole: list[Course]) -> Verdict:
    """Exponents beside the law, with those of the closed form in the note."""
    off, notes = [], []
    for each in whole:
        fitted, closed = each.exponent(each.loss), each.exponent(each.expected)
        if fitted is None or closed is None:
            continue
        off += [abs(fitted - each.law)] if each.a >= ENOUGH else []
        notes.append(f"{_at(each)}: {fitted:.3f} ({each.law:.3f}; in closed form {closed:.3f})")
    return claim.judge(max(off, default=None), "; ".join(notes))


def _at(course: Course) -> str:
    return f"a={course.a:.3g} b={course.b:.3g}"


def _listed(courses: list[Course], exponents: list[float | None]) -> str:
    pairs = zip(courses, exponents, strict=True)
    return "; ".join(f"{_at(c)} K={c.k}: {e:.3f}" for c, e in pairs if e is not None)


def _itself(courses: list[Course]) -> str:
    """The mean exponent of the loss, with that at the end in it."""
    found = [e for each in courses if (e := each.exponent(each.loss)) is not None]
    return f"of the loss itself {mean(found):.3f} in the mean" if found else ""


def _speed(whole: list[Course], bottleneck: list[Course]) -> tuple[float | None, str]:
    """How much sooner the loss is SHARE of its start; 0 where that of the bottleneck never is."""
    slowest = min(whole, key=lambda each: each.law)
    beside = [each for each in bottleneck if (each.a, each.b) == (slowest.a, slowest.b)]
    if not beside or slowest.halved == float("inf"):
        return None, ""
    other = max(beside, key=lambda each: each.k)
    note = (
        f"{_at(slowest)}: {slowest.halved:.0f} updates with K=N to {SHARE:g} of the start,"
        f" {other.halved:.0f} with K={other.k}, whose loss ends at"
        f" {other.loss[-1] / other.loss[0]:.2f} of its start"
    )
    return slowest.halved / other.halved, note


def _changes(ordered: list[Course], shuffled: list[Course], *, above_end: bool) -> list[float]:
    """Exponents in order of frequency less those shuffled, where both are there."""
    known = {each[:3]: each for each in ordered}
    pairs = [(known[each[:3]], each) for each in shuffled if each[:3] in known]
    both = [
        [each.exponent(each.excess if above_end else each.loss) for each in pair] for pair in pairs
    ]
    return [one - other for one, other in both if one is not None and other is not None]


def _texts(numbers: Iterable[float]) -> str:
    return ", ".join(f"{each:.3f}" for each in numbers)
