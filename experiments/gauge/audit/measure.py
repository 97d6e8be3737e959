"""Every metric of W under every symmetry of each stored model."""

from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import xarray

from experiments.registry import REGISTRY
from superpos import gauge, metrics
from superpos.gauge.groups import leaf_at, paths_of
from superpos.gauge.stated import weight_metrics
from superpos.train import NoMemberError, store
from superpos.types import Array, Params

CONTROL = "largest weight"
"""No metric of the network: an audit that does not find it out is none."""
READS_FEATURES = ("W", "W_in", "weights.0")
"""What features are fed into, a feature is a row: the W of a metric."""


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


class Audits(NamedTuple):
    """What was found of all models.

    Attributes:
        cells: model -> symmetry -> metric -> what was found; the metrics are the same everywhere.
    """

    cells: Mapping[str, Mapping[str, Mapping[str, Cell]]]

    @property
    def metrics(self) -> list[str]:
        """Those that were audited, the control last."""
        return list(next(iter(next(iter(self.cells.values())).values())))

    def preserved(self, model: str) -> dict[str, str]:
        """Symmetry of a model -> what it preserves, measured."""
        found = self.cells[model]
        return {symmetry: next(iter(cells.values())).preserves for symmetry, cells in found.items()}


def measure(datasets: Mapping[str, xarray.Dataset]) -> Audits:
    """Audit every metric of W on the stored models.

    Args:
        datasets: by name of the model, sweeps over seed, with all final parameters.
    """
    return Audits({name: audit_model(dataset) for name, dataset in datasets.items()})


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
