"""The evaluation that keeps the parameters."""

import numpy as np

from superpos import evaluations, models, random


def test_every_parameter_is_kept() -> None:
    model = models.computation(n_features=3, n_hidden=4)
    params, state = model.init(random.key(0))
    evaluation = evaluations.trajectory(model=model)
    found = evaluation.measure(params, state, random.key(1))
    assert set(found) == {"W_in_path", "W_out_path", "b_path"} == set(evaluation.dims)
    np.testing.assert_array_equal(found["W_in_path"], params.W_in)
