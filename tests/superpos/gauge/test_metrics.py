"""Every metric of W says under what it stays as it is, and the audit agrees: a new one by existing.

The section `Gauge:` of its docstring lists, of four actions, those under which it is invariant or
equivariant.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import gauge, metrics
from superpos.gauge.stated import actions, stated, weight_metrics
from superpos.types import Batch, Model, Output

N, M = 7, 3
LABELS = np.array([0, 0, 2, 2, 2, 2, 6])
HELD = {"threshold": 0.3, "labels": LABELS, "same": LABELS[:, None] == LABELS}

NOTHING = Model(
    init=lambda key: ({"W": jnp.zeros((N, M))}, ()),
    apply=lambda params, state, x: Output(code=x, recon=x),
    loss=lambda params, state, batch, key: (jnp.float32(0), ((), {})),
)
"""A model that W does not matter to: every action is a symmetry of it."""


def weights():
    """Of several groups of features, with a dimension that hardly counts: ranks hang on scales."""
    W = np.random.default_rng(0).normal(size=(N, M)) * [1, 1, 0.05]
    return jnp.asarray(W, jnp.float32)


def test_there_are_metrics():
    found = weight_metrics(metrics, HELD)
    assert {"feature_dimensionality", "capacity", "features_per_dimension"} <= {*found}
    assert {"tegum_factors", "component_ranks", "block_spread"} <= {*found}
    assert not {"component_labels", "polytope_codes", "polytopes", "share_below"} & {*found}


@pytest.mark.slow
@pytest.mark.parametrize("name", weight_metrics(metrics, HELD))
def test_a_metric_is_as_free_as_its_docstring_says(name):
    metric, x = weight_metrics(metrics, HELD)[name], jnp.ones((4, N))
    found = gauge.audit(
        lambda params: metric(params["W"]),
        NOTHING,
        {"W": weights()},
        jax.random.key(0),
        groups=actions(),
        batch=Batch(inputs=x, targets=x, factors=x),
    )
    assert {each.group: each.verdict for each in found} == stated(getattr(metrics, name))


def test_a_docstring_without_the_section_or_with_an_unknown_action_is_told():
    def silent(W: Any) -> Any:
        """Nothing."""

    def wrong(W: Any) -> Any:
        """Something."""

    wrong.__doc__ = "Something.\n\n    Gauge:\n        invariant under inversion.\n    "
    with pytest.raises(ValueError, match="silent: expected a section Gauge"):
        stated(silent)
    with pytest.raises(ValueError, match="wrong: unknown action 'inversion'"):
        stated(wrong)
