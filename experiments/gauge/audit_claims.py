"""What the audit claims: that metrics do what they state, and where two of them move.

The numbers are those of the symmetry table that the experiment was designed from: features per
dimension and feature dimensionality are invariant in the tied autoencoder; the scale of a layer
moves the first alone; the scales of ReLU units move both.
"""

from collections.abc import Mapping
from typing import NamedTuple

from superpos import metrics
from superpos.app.claims.ledger import Claim, Relation, Row, Verdict, claims_of
from superpos.gauge.stated import stated

CONTROL = "largest weight"
"""No metric of the network: an audit that does not find it out is none."""
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
AFTER = "that special weights may leave more as it is was allowed after a first run"
ACTION = {
    "rotation": "rotation",
    "signed permutation": "rotation",
    "unit permutation": "unit permutation",
    "unit rescaling": "unit rescaling",
    "scale of W": "scale of W",
    "scale of W_in": "scale of W",
}
"""Symmetry -> the action on W that the docstrings of metrics speak of."""
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


class Cell(NamedTuple):
    """What a metric does under a symmetry of a model, over all members.

    Attributes:
        preserves: what the symmetry preserves, measured; "" where members differ.
        change: the largest relative change.
        verdict: of the audit; "mixed" where members differ.
    """

    preserves: str
    change: float
    verdict: str


Audits = Mapping[str, Mapping[str, Mapping[str, Cell]]]
"""Model -> symmetry -> metric -> what was found."""


def disagreements(audits: Audits) -> list[str]:
    """Where a metric does not do what its docstring says, in words.

    What it states to stay must stay in every model that has the symmetry. What it does not state
    must change in one of them at least: of special weights more may stay.
    """
    verdicts: dict[tuple[str, str], dict[str, str]] = {}
    for model, audit in audits.items():
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


def unexpected(audits: Audits) -> list[str]:
    """Symmetries that a model has and should not, or the other way round, in words."""
    found = []
    for model, audit in audits.items():
        measured = {name: next(iter(cells.values())).preserves for name, cells in audit.items()}
        for name in sorted(measured.keys() | SYMMETRIES.get(model, {}).keys()):
            seen, said = measured.get(name), SYMMETRIES.get(model, {}).get(name)
            found += [f"{model}, {name}: preserves {seen}, not {said}"] if seen != said else []
    return found


def judge(audits: Audits) -> list[Verdict]:
    """Verdicts on the claims; those on a model that is not there are not run."""
    claims = _claims()
    wrong, other = disagreements(audits), unexpected(audits)
    n_verdicts = sum(len(found) for audit in audits.values() for found in audit.values())

    def change(model: str, symmetry: str, metric: str) -> float | None:
        cell = audits.get(model, {}).get(symmetry, {}).get(metric)
        return cell and cell.change

    return [
        claims["stated"].judge(len(wrong), "; ".join(wrong) or f"{n_verdicts} verdicts; {AFTER}"),
        claims["symmetries"].judge(len(other), "; ".join(other)),
        *(
            claims[key].judge(change(model, symmetry, metric))
            for key, (model, symmetry, metric) in CHANGES.items()
        ),
    ]


def _claims() -> dict[str, Claim]:
    none: tuple[Relation, float, float] = ("=", 0, 1e-10)
    much: tuple[Relation, float, float] = (">=", 0.1, 0)
    says = "largest relative change"
    rows: tuple[Row, ...] = (
        ("stated", "every metric does under every symmetry of every model what its docstring"
         " states, and what it does not state to stay changes in some model; exceptions", "=", 0,
         0),
        ("symmetries", "the symmetries that are measured, and what each preserves, are those of the"
         " theory; differences", "=", 0, 0),
        ("control", f"the audit finds out the largest weight, under rotation; {says}", *much),
        ("per_dimension_tied", "features per dimension stays under the rotations of a tied"
         f" bottleneck; {says}", *none),
        ("dimensionality_tied", f"so does the dimensionality of each feature; {says}", *none),
        ("per_dimension_scaled", "features per dimension changes with the scale of a ReLU layer"
         f" without biases, which keeps the largest output; {says}", *much),
        ("dimensionality_scaled", f"feature dimensionality does not; {says}", *none),
        ("per_dimension_units", "features per dimension changes with the scales of ReLU units,"
         f" which keep every output; {says}", *much),
        ("dimensionality_units", f"and so does feature dimensionality; {says}", *much),
        ("capacity_units", f"and capacity; {says}", *much),
        ("per_dimension_basis", "features per dimension changes with the basis of an untied linear"
         f" bottleneck, which keeps every output; {says}", *much),
        ("dimensionality_basis", f"and so does feature dimensionality; {says}", *much),
    )  # fmt: skip
    return claims_of(
        "gauge/audit",
        rows,
        paper="Casper 2023, EIS IX: Interpretability and Adversaries, and the exchange on it",
        section="features per dimension and its gauge",
        setting="n=12, m=5, p=0.2, I=0.9^i, 3 seeds of 7 models, 20 elements of each group, float64"
        " (the source names no sizes; the numbers are the design's of this experiment)",
    )
