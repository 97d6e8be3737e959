"""Outputs at what is held out and of a batch, against the model itself."""

import jax
import numpy as np
import pytest

from superpos import data, evaluations, models
from superpos.arguments import ArgumentError

MODEL = models.mlp(n_features=5, n_hidden=3, n_outputs=1)


def test_outputs_are_those_of_the_model() -> None:
    source = data.two_rules(n_features=5, pair=1, n_samples=6, n_held_out=4)
    evaluation = evaluations.outputs(model=MODEL, source=source, batch_size=6)
    params, state = MODEL.init(jax.random.key(0))
    found = evaluation.measure(params, state, jax.random.key(1))
    W, out = (np.asarray(each, float) for each in params.weights)
    batch = data.draw(source, jax.random.key(2), 6)  # which is always the same
    for name, inputs in (("held_out_outputs", source.held_out), ("batch_outputs", batch.inputs)):
        expected = np.maximum(np.asarray(inputs, float) @ W, 0) @ out
        np.testing.assert_allclose(found[name], expected, rtol=1e-5, atol=1e-6)
        assert len(evaluation.dims[name]) == 2


def test_a_source_that_holds_nothing_out_is_one_line() -> None:
    source = data.truth_table(n_features=3, function=1, rows=255)
    model = models.mlp(n_features=3, n_hidden=3, n_outputs=1)
    with pytest.raises(ArgumentError, match="^source: expected one that holds examples out"):
        evaluations.outputs(model=model, source=source, batch_size=1)
