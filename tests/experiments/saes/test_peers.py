"""What SAELens has for claims that do not reproduce: the committed file, and how it is made."""

import importlib
import json
import sys
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import optax
import pytest
import xarray

from experiments.bench.saes import beside
from experiments.saes.peers import stored
from superpos import data, random
from superpos.app.claims.ledger import Claim
from superpos.train import FitSpec, sweep, training
from superpos.types import Model, Output

LEARNER = """
import json, sys
import numpy as np
folder = sys.argv[1]
asked = json.load(open(folder + "/asked.json"))
batches = np.load(folder + "/batches.npy")
each = [100 * own["coefficient"] + own["width"] for own in asked["each"]]
rows = np.array(each)[:, None, None] * np.ones((asked["shared"]["d_code"], batches.shape[-1]))
np.savez(folder + "/learned.npz", W_dec=rows, mse=[own["seed"] for own in asked["each"]])
"""


def claims_of(experiment: str) -> dict[str, Claim]:
    module = importlib.import_module(f"experiments.{experiment.replace('/', '.')}.claims")
    return {claim.id: claim for claim in module.CLAIMS.values()}


@pytest.fixture
def claims() -> dict[str, Claim]:
    return {
        name: each for experiment in beside.BESIDE for name, each in claims_of(experiment).items()
    }


def test_the_file_is_of_claims_that_exist_and_of_the_experiments_that_are_asked(claims):
    assert stored()["claims"].keys() <= claims.keys()
    assert {name: [*sizes] for name, sizes in stored()["sizes"].items()} == {
        name: [*variants] for name, variants in beside.BESIDE.items()
    }


def test_every_peer_that_is_asked_has_a_value(claims):
    for name, values in stored()["claims"].items():
        asked = beside.PEERS.get(name.rsplit("/", 1)[0], beside.SAELENS).values()
        assert [*values] == [label.format(**stored()["versions"]) for label in asked]


def test_exactly_these_claims_show_what_peers_have(claims):
    shown = {name for name, claim in claims.items() if "on the same data" in claim.history}
    assert shown == stored()["claims"].keys()
    for name in shown:
        assert all(peer in claims[name].history for peer in stored()["claims"][name])


def test_what_is_recorded_is_what_members_of_a_sweep_are_trained_on():
    """A weight with the gradient mean(x) under SGD with a rate of 1 is minus the sum of means."""
    source = data.shared(data=data.sparse_uniform(n_features=3, density=0.5), stream_seed=4)
    spec = FitSpec(n_steps=4, batch_size=5, log_every=2)

    def build(point):
        model = Model(
            lambda key: (jnp.zeros(3), ()),
            lambda params, state, x: Output(code=x, recon=x),
            lambda params, state, batch, key: (params @ batch.inputs.mean(0), (state, {})),
        )
        return training(model=model, source=source, tx=optax.sgd(1.0), evaluations={}, spec=spec)

    key = random.key(0)
    batches = beside.recorded(source, spec, key)
    found = sweep(build, key=key, axes={"seed": [3, 8]})
    weights = found["params"].transpose("seed", ...).to_numpy()
    np.testing.assert_allclose(weights, -np.tile(batches.mean(1).sum(0), (2, 1)), rtol=1e-6)


def test_what_a_peer_learned_is_at_the_place_of_its_settings(tmp_path, monkeypatch):
    script = tmp_path / "learner.py"
    script.write_text(LEARNER)
    monkeypatch.setattr(beside, "LEARNERS", script)
    monkeypatch.setattr(beside, "PYTHON", Path(sys.executable))
    config = {
        "model.kind": "sae_relu",
        "model.init.kind": "saelens",
        "model.pre_bias": True,
        "optim.learning_rate": 0.1,
        "fit.log_every": 2,
    }
    dims, shape = ("width", "coefficient", "seed"), (2, 3, 1)
    dataset = xarray.Dataset(
        {
            "status": (dims, np.full(shape, "ok")),
            "W_dec": ((*dims, "latent", "input"), np.zeros((*shape, 4, 5), np.float32)),
            "mse": (("step", *dims), np.zeros((2, *shape), np.float32)),
        },
        coords={"width": [2, 4], "coefficient": [0.1, 0.2, 0.3], "seed": [7]},
        attrs={"config": json.dumps(config)},
    )
    found = beside.learned(dataset, np.zeros((6, 3, 5), np.float32), "saelens")
    one = found.sel(width=4, coefficient=0.2, seed=7)
    np.testing.assert_allclose(one["W_dec"], np.full((4, 5), 24.0))
    assert one["mse"].to_numpy().tolist() == [0, 7]
    assert not dataset["mse"].any()
