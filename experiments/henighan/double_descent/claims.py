"""What is claimed of memorisation and of double descent."""

from collections.abc import Sequence

import numpy as np

from experiments.henighan.double_descent.measure import Descent, Model
from superpos.app.claims.ledger import Claim, Origin, Row, Verdict, claims_of

PENTAGON, FEW = 5, 8
"""T of the pentagon, and up to which points are few."""
TINY = 1e-12
"""What stands for a dimensionality of 0 in a ratio."""
STRONG, USUAL = 1.0, 0.0
"""Weight decay that flattens the peak, and none."""
ROWS: tuple[Row, ...] = (
    ("pentagon", "T = 5: the codes of the points are a regular pentagon, best of the restarts;"
     " largest distance of a gap from 72 degrees", "<=", 0, 5),
    ("points_share", "T <= 8: the points share the dimensions evenly, D = m / T; largest relative"
     " deviation of their mean", "<=", 0, 0.1),
    ("features_at_last", "most points: the represented features are few and have dimensions to"
     " themselves; mean D of features, by ‖W_i‖²", ">=", 0.25, 0),
    ("no_points_at_last", "most points: they are stored no longer; mean D of points, by ‖h_t‖²",
     "<=", 0.05, 0),
    ("features_rise", "D of features rises with T: at the most points over at the fewest", ">=", 3,
     0),
    ("points_fall", "D of points falls with T: at the fewest over at the most", ">=", 3, 0),
    ("peak", "double descent in T: the highest loss on other points, over the larger one at both"
     " ends of T", ">=", 1.02, 0),
    ("low_at_peak", "where that loss is highest both are low: the larger D, each over its own"
     " largest", "<=", 0.5, 0),
    ("peak_width", "double descent in m: at some T the highest loss on other points over m is"
     " above both ends of m; ratio to the larger one, at the best T", ">=", 1.02, 0),
    ("decay", "weight decay flattens the peak: highest loss on other points over T with a decay"
     " of 1, over that without", "<=", 0.95, 0),
    ("repeated", "a point that is repeated gets a dimension of its own: its D at the most repeats",
     ">=", 0.5, 0),
    ("not_repeated", "a point that is there once, among the others, has no dimension of its own:"
     " its D without repeats", "<=", 0.1, 0),
)  # fmt: skip
COMMENT = ("decay", "repeated", "not_repeated")
"""Claims of the comment on the paper."""


def claims(measured: Descent) -> dict[str, Claim]:
    """The claims, of models of this size."""
    n, T = measured.points[0].W.shape[0], [model.T for model in measured.points]
    setting = (
        f"n={n}, m=2 but for peak_width, T from {min(T)} to {max(T)} points of norm 1, full batch,"
        " AdamW (the paper: n=10,000, S=0.999, T up to 1e6)"
    )
    paper = "Henighan et al. 2023, Superposition, Memorization, and Double Descent"
    origin = Origin("paper", "before")
    untrained = Origin("paper", "before", "true of models before training, too", identity=True)
    return claims_of(
        "henighan/double_descent",
        [row for row in ROWS if row[0] not in COMMENT],
        paper=paper,
        section="the toy model",
        setting=setting,
        origin=origin,
        but={"no_points_at_last": untrained},
    ) | claims_of(
        "henighan/double_descent",
        [row for row in ROWS if row[0] in COMMENT],
        paper=paper,
        section="the comment by Jermyn",
        setting=setting,
        origin=origin,
        but={"not_repeated": untrained},
    )


def judge(measured: Descent) -> list[Verdict]:
    """Verdicts on memorisation; those that need several T, widths or decays are not run."""
    of, models = claims(measured), measured.points
    first, last = models[0], models[-1]
    few = [abs(m.points.mean() * m.T / m.m - 1) for m in models if m.T <= FEW]
    several, many = len(models) > 1, last.W.shape[0] < last.T
    five = next((model for model in models if model.T == PENTAGON), None)
    peak = max(models, key=lambda model: model.test)
    low = max(
        getattr(peak, name) / max(max(getattr(model, name) for model in models), TINY)
        for name in ("of_features", "of_points")
    )
    ratio_of_peak = _over_ends([model.test for model in models])
    return [
        of["pentagon"].judge(None if five is None else gap(five.h)),
        of["points_share"].judge(max(few, default=None)),
        of["features_at_last"].judge(last.of_features if many else None, _dimensions(models)),
        of["no_points_at_last"].judge(last.of_points if many else None),
        of["features_rise"].judge(_ratio(last.of_features, first.of_features, several)),
        of["points_fall"].judge(_ratio(first.of_points, last.of_points, several)),
        of["peak"].judge(ratio_of_peak, _losses(models)),
        of["low_at_peak"].judge(None if ratio_of_peak is None else low, f"at T = {peak.T}"),
        of["peak_width"].judge(*_peak_in_width(measured.widths)),
        of["decay"].judge(*_flattened(measured.decay)),
        of["repeated"].judge(*_repeated(measured.repeated, -1)),
        of["not_repeated"].judge(*_repeated(measured.repeated, 0)),
    ]


def gap(h: np.ndarray) -> float:
    """Largest distance of an angular gap between points (k, 2) from 360 / k degrees."""
    angles = np.sort(np.degrees(np.arctan2(h[:, 1], h[:, 0])))
    gaps = np.diff(angles, append=angles[0] + 360)
    return float(np.abs(gaps - 360 / len(h)).max())


def _ratio(above: float, below: float, several: bool = True) -> float | None:
    if not several:
        return None
    return above / below if below > 0 else np.nan


def _over_ends(losses: Sequence[float]) -> float | None:
    """The highest loss over the larger one at both ends; None of fewer than three."""
    if len(losses) < 3:
        return None
    ends = max(losses[0], losses[-1])
    return max(losses) / ends if ends > 0 else np.nan


def _losses(models: Sequence[Model]) -> str:
    return ", ".join(f"T={model.T}: {model.test:.3g}" for model in models)


def _dimensions(models: Sequence[Model]) -> str:
    return ", ".join(
        f"T={model.T}: features {model.of_features:.2g}, points {model.of_points:.2g}"
        for model in models
    )


def _peak_in_width(models: Sequence[Model]) -> tuple[float | None, str]:
    """The clearest peak over m among all T, and the ratio at each T."""
    found = {
        T: _over_ends([model.test for model in models if model.T == T])
        for T in sorted({model.T for model in models})
    }
    ratios = {T: ratio for T, ratio in found.items() if ratio is not None}
    note = ", ".join(f"T={T}: {ratio:.3g}" for T, ratio in ratios.items())
    return max(ratios.values(), default=None), note


def _flattened(models: Sequence[Model]) -> tuple[float | None, str]:
    """The peak over T with a strong decay over that without, and the peak at each decay."""
    peaks = {
        decay: max(model.test for model in models if np.isclose(model.decay, decay))
        for decay in sorted({model.decay for model in models})
    }
    note = ", ".join(f"decay {decay:g}: {peak:.3g}" for decay, peak in peaks.items())
    strong, usual = (
        next((p for decay, p in peaks.items() if np.isclose(decay, wanted)), None)
        for wanted in (STRONG, USUAL)
    )
    return (None if strong is None or usual is None else _ratio(strong, usual)), note


def _repeated(models: Sequence[Model], at: int) -> tuple[float | None, str]:
    """D of the first point, at the most or at no repeats, and at each number of repeats."""
    if len({model.repeats for model in models}) < 2:
        return None, ""
    note = ", ".join(f"{model.repeats}: {model.points[0]:.3g}" for model in models)
    return float(models[at].points[0]), note
