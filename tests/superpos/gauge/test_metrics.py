"""Every metric of W says under what it stays as it is, and the audit agrees: a new one by existing.

The section `Gauge:` of its docstring lists, of the four actions below, those under which it is
invariant or equivariant.
"""

import inspect
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import gauge, metrics
from superpos.gauge import symmetries
from superpos.types import Batch, Model, Output

N, M = 7, 3
ACTIONS = [
    symmetries.rotation(),
    symmetries.unit_permutation({"W": -1}),
    gauge.scaling("scale of W", {"W": 1}),
    symmetries.unit_rescaling({"W": -1}, {}),
]


def of_weights():
    """Metrics that need nothing but W."""
    found = []
    for name, function in inspect.getmembers(metrics, inspect.isfunction):
        parameters = inspect.signature(function).parameters.values()
        needed = [each.name for each in parameters if each.default is each.empty]
        found += [name] if needed == ["W"] else []
    return found


def claimed(name):
    """Name of the action -> verdict, as the docstring says."""
    section = re.search(r"\n    Gauge:\n((?: {8}.*\n)+)", getattr(metrics, name).__doc__ or "")
    assert section, f"{name}: expected a section Gauge"
    found = {}
    for verdict, names in re.findall(r"(invariant|equivariant) under ([^.]*)\.", section[1]):
        found |= {action.strip(): verdict for action in names.split(",")}
    assert set(found) <= {action.name for action in ACTIONS}, name
    return {action.name: found.get(action.name, "not invariant") for action in ACTIONS}


NOTHING = Model(
    init=lambda key: ({"W": jnp.zeros((N, M))}, ()),
    apply=lambda params, state, x: Output(code=x, recon=x),
    loss=lambda params, state, batch, key: (jnp.float32(0), ((), {})),
)
"""A model that W does not matter to: every action is a symmetry of it."""


def test_there_are_metrics():
    assert {"feature_dimensionality", "capacity", "features_per_dimension"} <= set(of_weights())


@pytest.mark.parametrize("name", of_weights())
def test_a_metric_is_as_free_as_its_docstring_says(name):
    W = jnp.asarray(np.random.default_rng(0).normal(size=(N, M)), jnp.float32)
    x = jnp.ones((4, N))
    found = gauge.audit(
        lambda params: getattr(metrics, name)(params["W"]),
        NOTHING,
        {"W": W},
        jax.random.key(0),
        groups=ACTIONS,
        batch=Batch(inputs=x, targets=x, factors=x),
    )
    assert {each.group: each.verdict for each in found} == claimed(name)
