"""A sweep inside `jax.enable_x64` trains in float64, in its threads and after a restart too."""

import jax
import numpy as np

from superpos import data, models, optim
from superpos.train import FitSpec, store, sweep, training


def build(point):
    return training(
        model=models.autoencoder(n_features=4, n_hidden=2),
        source=data.sparse_uniform(n_features=4, density=0.5),
        tx=optim.sgd(learning_rate=point["rate"]),
        spec=FitSpec(n_steps=4, batch_size=8, log_every=2),
    )


def test_float64_is_kept(tmp_path):
    arguments = {"key": jax.random.key(0), "axes": {"rate": [0.1, 0.2]}}
    with jax.enable_x64(True):
        spec = {"made": "here"}
        found = sweep(build, **arguments, store=tmp_path, spec=spec, check_fragile=True)
    assert found["W"].dtype == np.float64 and found["train_loss"].dtype == np.float32
    opened = store.open(tmp_path)
    np.testing.assert_array_equal(opened["W"], found["W"])
    assert opened["sensitivity"].max() < 1e-13  # an ulp of float64
    assert not np.array_equal(found["W"], found["W"].astype(np.float32))
    assert sweep(build, **arguments)["W"].dtype == np.float32
