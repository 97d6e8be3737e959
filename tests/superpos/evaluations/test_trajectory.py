"""The probe that keeps the parameters."""

import numpy as np
import pytest

from superpos import data, evaluations, models, random


@pytest.mark.slow
def test_every_parameter_is_kept_beside_the_loss():
    model = models.computation(n_features=3, n_hidden=4)
    source = data.sparse_uniform(n_features=3, density=0.5)
    params, state = model.init(random.key(0))
    found = evaluations.trajectory(model=model, source=source, batch_size=16)(
        params, state, random.key(1)
    )
    assert set(found) == {"loss", "W_in_path", "W_out_path", "b_path"}
    np.testing.assert_array_equal(found["W_in_path"], params.W_in)
    expected = evaluations.loss(model=model, source=source, batch_size=16)(
        params, state, random.key(1)
    )
    assert found["loss"] == expected["loss"]
