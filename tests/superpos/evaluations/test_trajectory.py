"""The evaluation that keeps the parameters."""

import numpy as np
import pytest

from superpos import evaluations, models, random


@pytest.mark.slow
def test_every_parameter_is_kept():
    model = models.computation(n_features=3, n_hidden=4)
    params, state = model.init(random.key(0))
    evaluation = evaluations.trajectory(model=model)
    found = evaluation.measure(params, state, random.key(1))
    assert set(found) == {"W_in_path", "W_out_path", "b_path"}
    np.testing.assert_array_equal(found["W_in_path"], params.W_in)
    np.testing.assert_array_equal(found["b_path"], params.b)
    assert set(evaluation.dims) <= set(found)
    for name, dims in evaluation.dims.items():
        assert len(dims) == found[name].ndim
