"""What the audit claims: that metrics do what they state, and where two of them move.

The numbers are those of the symmetry table that the experiment was designed from: features per
dimension and feature dimensionality are invariant in the tied autoencoder; the scale of a layer
moves the first alone; the scales of ReLU units move both.
"""

from experiments.gauge.audit.measure import CONTROL, Audits
from experiments.gauge.rounding import rounding
from superpos import metrics
from superpos.app.claims.ledger import Origin, Relation, Verdict, claims_of
from superpos.gauge.stated import stated

NONE: tuple[Relation, float, float] = ("=", 0, rounding(12 * 12 * 5))
MUCH: tuple[Relation, float, float] = (">=", 0.1, 0)
SAYS = "largest relative change"
EPS = "rounding at most, eps for each of 12 · 12 · 5 terms"
AFTER = "that special weights may leave more as it is was allowed after a first run"
CLAIMS = claims_of(
    "gauge/audit",
    (
        ("stated", "every metric does under every symmetry of every model what its docstring"
         " states, and what it does not state to stay changes in some model; exceptions", "=", 0,
         0),
        ("symmetries", "the symmetries that are measured, and what each preserves, are those of the"
         " theory; differences", "=", 0, 0),
        ("control", f"the audit finds out the largest weight, under rotation; {SAYS}", *MUCH),
        ("per_dimension_tied", "features per dimension stays under the rotations of a tied"
         f" bottleneck; {SAYS}, {EPS}", *NONE),
        ("dimensionality_tied", f"so does the dimensionality of each feature; {SAYS}, {EPS}",
         *NONE),
        ("per_dimension_scaled", "features per dimension changes with the scale of a ReLU layer"
         f" without biases, which keeps the largest output; {SAYS}", *MUCH),
        ("dimensionality_scaled", f"feature dimensionality does not; {SAYS}, {EPS}", *NONE),
        ("per_dimension_units", "features per dimension changes with the scales of ReLU units,"
         f" which keep every output; {SAYS}", *MUCH),
        ("dimensionality_units", f"feature dimensionality changes with the scales of ReLU units;"
         f" {SAYS}", *MUCH),
        ("capacity_units", f"capacity changes with the scales of ReLU units; {SAYS}", *MUCH),
        ("per_dimension_basis", "features per dimension changes with the basis of an untied linear"
         f" bottleneck, which keeps every output; {SAYS}", *MUCH),
        ("dimensionality_basis", "feature dimensionality changes with the basis of an untied linear"
         f" bottleneck; {SAYS}", *MUCH),
    ),
    paper="superpos, gauge freedom",
    section="features per dimension, after Casper 2023, EIS IX, and the exchange on it",
    setting="n=12, m=5, p=0.2, I=0.9^i, 3 seeds of 7 models, 20 elements of each group, float64"
    " (the source names no sizes; the numbers are the design's of this experiment)",
    origin=Origin("theory", "before", identity=True),
    but={
        "stated": Origin("ours", "after", AFTER, identity=True),
        "control": Origin("control", "before", identity=True),
    },
)  # fmt: skip
CHANGES = {
    "control": ("tied", "rotation", CONTROL),
    "per_dimension_tied": ("tied", "rotation", "features_per_dimension"),
    "dimensionality_tied": ("tied", "rotation", "feature_dimensionality"),
    "per_dimension_scaled": ("untied_no_bias", "scale of W_in", "features_per_dimension"),
    "dimensionality_scaled": ("untied_no_bias", "scale of W_in", "feature_dimensionality"),
    "per_dimension_units": ("untied", "unit rescaling", "features_per_dimension"),
    "dimensionality_units": ("untied", "unit rescaling", "feature_dimensionality"),
    "capacity_units": ("untied", "unit rescaling", "capacity"),
    "per_dimension_basis": ("untied_linear", "change of basis", "features_per_dimension"),
    "dimensionality_basis": ("untied_linear", "change of basis", "feature_dimensionality"),
}
"""Claim -> whose largest relative change it is about: model, symmetry, metric."""
SYMMETRIES = {
    "tied": {"rotation": "outputs", "signed permutation": "outputs", "unit permutation": "outputs"},
    "tied_linear": {
        "rotation": "outputs",
        "signed permutation": "outputs",
        "unit permutation": "outputs",
        "scale of W": "argmax",
    },
    "tied_no_bias": {
        "rotation": "outputs",
        "signed permutation": "outputs",
        "unit permutation": "outputs",
        "scale of W": "argmax",
    },
    "privileged": {"unit permutation": "outputs"},
    "untied_linear": {
        "change of basis": "outputs",
        "unit permutation": "outputs",
        "unit rescaling": "outputs",
    },
    "untied": {"unit permutation": "outputs", "unit rescaling": "outputs"},
    "untied_no_bias": {
        "unit permutation": "outputs",
        "unit rescaling": "outputs",
        "scale of W_in": "argmax",
    },
}
"""What theory says of the models of the config: symmetry -> what it preserves."""
ACTION = {
    "rotation": "rotation",
    "signed permutation": "rotation",
    "unit permutation": "unit permutation",
    "unit rescaling": "unit rescaling",
    "scale of W": "scale of W",
    "scale of W_in": "scale of W",
}
"""Symmetry -> the action on W that the docstrings of metrics speak of."""


def judge(measured: Audits) -> list[Verdict]:
    """Verdicts on the claims; those on a model that is not there are not run."""
    wrong, other = disagreements(measured), unexpected(measured)
    n_verdicts = sum(len(cells) for audit in measured.cells.values() for cells in audit.values())

    def change(model: str, symmetry: str, metric: str) -> float | None:
        cell = measured.cells.get(model, {}).get(symmetry, {}).get(metric)
        return cell and cell.change

    return [
        CLAIMS["stated"].judge(len(wrong), "; ".join(wrong) or f"{n_verdicts} verdicts"),
        CLAIMS["symmetries"].judge(len(other), "; ".join(other)),
        *(CLAIMS[key].judge(change(*place)) for key, place in CHANGES.items()),
    ]


def disagreements(measured: Audits) -> list[str]:
    """Where a metric does not do what its docstring says, in words.

    What it states to stay must stay in every model that has the symmetry. What it does not state
    must change in one of them at least: of special weights more may stay.
    """
    verdicts: dict[tuple[str, str], dict[str, str]] = {}
    for model, audit in measured.cells.items():
        for symmetry in audit.keys() & ACTION.keys():
            for metric in audit[symmetry].keys() - {CONTROL}:
                places = verdicts.setdefault((metric, ACTION[symmetry]), {})
                places[f"{model}, {symmetry}"] = audit[symmetry][metric].verdict
    found = []
    for (metric, action), places in sorted(verdicts.items()):
        said = stated(getattr(metrics, metric))[action]
        if said == "not invariant":
            changes = {*places.values()} & {"not invariant", "mixed"}
            found += [] if changes else [f"{metric} stays under {action}"]
        else:
            found += [f"{at}, {metric}: {seen}" for at, seen in places.items() if seen != said]
    return sorted(found)


def unexpected(measured: Audits) -> list[str]:
    """Symmetries that a model has and should not, or the other way round, in words."""
    found = []
    for model in measured.cells:
        has, should = measured.preserved(model), SYMMETRIES.get(model, {})
        for name in sorted(has.keys() | should.keys()):
            seen, said = has.get(name), should.get(name)
            found += [f"{model}, {name}: preserves {seen}, not {said}"] if seen != said else []
    return found
