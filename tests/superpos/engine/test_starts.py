"""Starts of their own: another at each point, whatever else is in the grid."""

import jax
import numpy as np
import pytest

from superpos.arguments import ArgumentError
from superpos.engine.starts import begun
from superpos.store.grid import START, make_grid
from superpos.train import sweep

KEY = jax.random.key(0)
AXES = {"rate": [0.1, 0.3], "decay": [0.5, 1.0], "seed": [0, 1, 2]}


@pytest.fixture(scope="module")
def build(make_toy):
    """A toy that is measured as it starts: W is drawn, and the updates are of size 0."""
    toy = make_toy(n_steps=1, log_every=1)
    return lambda point: toy(
        {"learning_rate": 0.0 * point.get("rate", 1.0) * point.get("decay", 1.0)}
    )


@pytest.fixture(scope="module")
def programs():
    return {}


@pytest.fixture
def start(build, programs):
    def start(own_starts=True, spec=None, **axes):
        dataset = sweep(
            build,
            key=KEY,
            axes={**AXES, **axes},
            spec=spec,
            own_starts=own_starts,
            chunk=6,
            programs=programs,
        )
        return dataset["W"][..., 0]

    return start


def test_shared_starts_differ_by_seed_alone_and_own_ones_everywhere(start):
    assert len(np.unique(start(False))) == 3
    assert len(np.unique(start())) == 12


def test_an_own_start_does_not_depend_on_the_grid(start):
    whole = start(rate=[0.3, 0.7, 0.1], seed=[5, 2, 0, 1])
    np.testing.assert_array_equal(start(), whole.sel(rate=AXES["rate"], seed=AXES["seed"]))
    one = start(rate=[0.3], decay=[1.0], seed=[2])
    np.testing.assert_array_equal(one.squeeze(), whole.sel(rate=0.3, decay=1.0, seed=2))


def test_the_digest_is_of_the_configuration_however_it_is_divided():
    spec = {"model.n_features": 3, "rate": 0.3}
    ((digest,), rest) = make_grid({}).digests(spec), make_grid({"rate": [0.1, 0.3]}).digests(spec)
    assert (digest.dtype, digest.shape) == (np.uint32, (2,))
    np.testing.assert_array_equal(rest[1], digest)
    assert rest[0].tolist() != digest.tolist()
    other = make_grid({}).digests({**spec, "model.n_features": 4})
    assert other[0].tolist() != digest.tolist()


def test_members_with_starts_of_their_own_are_other_members(build, tmp_path):
    ids = []
    for own in (False, True):
        folder = tmp_path / str(own)
        sweep(build, key=KEY, axes={}, store=folder, spec={"a": 1}, own_starts=own)
        ids.append({path.name for path in (folder / "chunks").iterdir()})
    assert not ids[0] & ids[1]
    with pytest.raises(ArgumentError, match="^own_starts='yes': expected"):
        sweep(build, key=KEY, axes={}, own_starts="yes")


def test_all_but_the_start_is_drawn_from_the_key_of_the_seed(build):
    run = build({})
    words = {START: np.uint32([3, 4])}
    shared, own = begun(run, KEY, {}), begun(run, KEY, words)
    assert (own.key == shared.key).all()
    expected = run.init(jax.random.fold_in(jax.random.fold_in(KEY, 3), 4)).params["W"]
    np.testing.assert_array_equal(own.params["W"], expected)
    assert not np.array_equal(own.params["W"], shared.params["W"])
