"""The audit: metric x symmetry x model, which metrics measure the network and which its gauge.

Sources: Casper 2023, EIS IX: Interpretability and Adversaries, and the exchange below it (features
per dimension can be rescaled at will); Elhage et al. 2022, Toy Models of Superposition. The
symmetries of each stored model are measured, not taken from its name, in float64.
"""

from collections.abc import Mapping
from pathlib import Path

import jax
import jax.numpy as jnp
import xarray

from experiments.gauge.audit_claims import CONTROL, Cell, judge
from experiments.gauge.audit_figure import draw
from experiments.registry import REGISTRY
from superpos import gauge, metrics
from superpos.app.findings import Figure, Findings, Table
from superpos.gauge.groups import leaf_at, paths_of
from superpos.gauge.stated import weight_metrics
from superpos.train import NoMemberError, store
from superpos.types import Array, Params

READS_FEATURES = ("W", "W_in", "weights.0")
"""What features are fed into, a feature is a row: the W of a metric."""


def analyse(*, datasets: Mapping[str, xarray.Dataset], folder: Path) -> Findings:
    """Audit every metric of W on the stored models.

    Args:
        datasets: by name of the model, sweeps over seed, with all final parameters.
        folder: where the figure goes.

    Returns:
        Verdicts, one figure, and a table for each model.
    """
    audits = {name: audit_model(dataset) for name, dataset in datasets.items()}
    draw(folder / "audit.png", audits)
    alt = "Grid of metrics against the symmetries of each model, coloured by the verdict."
    caption = (
        "Each metric under each symmetry that a model has: blue, it stays; green, it moves as the"
        " units do; orange, it changes, by the part of its size that is written. An asterisk marks"
        " a symmetry that preserves the largest output only. Dark: members"
        " differ. The last row is a control."
    )
    tables = [_table(name, audit) for name, audit in audits.items()]
    return Findings(judge(audits), [Figure("audit.png", alt, caption)], tables)


def audit_model(dataset: xarray.Dataset) -> dict[str, dict[str, Cell]]:
    """Symmetry -> metric -> what was found, for the members of a sweep over seeds.

    Raises:
        NoMemberError: none is finished.
    """
    with jax.enable_x64(True):
        found: dict[str, dict[str, list[gauge.Audited]]] = {}
        for number, (_, (model, stored, _)) in enumerate(store.members(dataset, REGISTRY)):
            params = jax.tree.map(jnp.float64, stored)
            audited = gauge.audit_all(_metrics(params), model, params, jax.random.key(number))
            for metric, records in audited.items():
                for record in records:
                    found.setdefault(record.group, {}).setdefault(metric, []).append(record)
    if not found:
        raise NoMemberError("no finished member, or none that has a symmetry")
    return {
        symmetry: {metric: _over_members(records) for metric, records in by_metric.items()}
        for symmetry, by_metric in found.items()
    }


def _over_members(records: list[gauge.Audited]) -> Cell:
    preserved, verdicts = {each.preserves for each in records}, {each.verdict for each in records}
    return Cell(
        preserves=preserved.pop() if len(preserved) == 1 else "",
        change=max(each.change for each in records),
        verdict=verdicts.pop() if len(verdicts) == 1 else "mixed",
    )


def _metrics(params: Params) -> dict[str, gauge.Metric]:
    """Every metric of superpos that is one of W, as a function of parameters; and the control."""
    path = next(path for path in READS_FEATURES if path in paths_of(params))

    def of_path(metric: gauge.Metric) -> gauge.Metric:
        return lambda params: metric(leaf_at(params, path))

    found = weight_metrics(metrics, _held(leaf_at(params, path))) | {CONTROL: _largest}
    return {name: of_path(metric) for name, metric in found.items()}


def _held(W: Array) -> dict[str, Array]:
    """What some metrics need beside W: a tenth of all pairs count as interfering."""
    gram = jnp.abs(metrics.gram_matrix(W))
    threshold = jnp.quantile(gram[~jnp.eye(len(gram), dtype=bool)], 0.9)
    labels = metrics.tegum_factors(W, threshold=threshold)
    return {
        "threshold": threshold,
        "labels": labels,
        "same": metrics.same_component(labels),
    }


def _largest(W: Array) -> Array:
    return jnp.abs(W).max()


def _table(model: str, audit: Mapping[str, Mapping[str, Cell]]) -> Table:
    symmetries = list(audit)
    kept = ", ".join(f"{each} ({next(iter(audit[each].values())).preserves})" for each in audit)

    def text(cell: Cell) -> str:
        return cell.verdict if cell.verdict != "not invariant" else f"changes by {cell.change:.2g}"

    rows = [
        [metric, *(text(audit[symmetry][metric]) for symmetry in symmetries)]
        for metric in next(iter(audit.values()))
    ]
    return Table(f"Model {model}; symmetries, and what each preserves: {kept}.",
                 ["metric", *symmetries], rows)  # fmt: skip
