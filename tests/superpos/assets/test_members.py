"""Trained models of a store, as an asset."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import data, models, optim
from superpos.arguments import ArgumentError
from superpos.assets import members
from superpos.assets.members import numbers_between
from superpos.train import FitSpec, store, sweep, training

REGISTRY = {"model": {"autoencoder": models.autoencoder}}
SPEC = {"model.kind": "autoencoder", "model.n_features": 3, "model.n_hidden": 2}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models over the density and the seed."""

    def build(point):
        return training(
            model=models.autoencoder(n_features=3, n_hidden=2),
            source=data.sparse_uniform(n_features=3, density=point["data.density"]),
            tx=optim.sgd(learning_rate=0.1),
            spec=FitSpec(n_steps=1, batch_size=2, log_every=1),
        )

    place = tmp_path_factory.mktemp("members")
    axes = {"data.density": [0.5, 1.0], "seed": [0, 3]}
    sweep(build, key=jax.random.key(0), axes=axes, store=place, spec=SPEC)
    return place


def test_all_finished_members_come_in_the_order_of_the_dataset(folder: Path) -> None:
    asset = members(store=str(folder), registry=REGISTRY)
    read = asset.read(asset.arrays)
    W = store.open(folder)["W"].to_numpy().reshape(4, 3, 2)
    np.testing.assert_array_equal(read.params.W, W)
    model, params, state = read.at(jnp.int32(2))
    np.testing.assert_array_equal(params.W, W[2])
    assert state == ()
    assert model is read.model and model.apply(params, state, jnp.ones(3)).code.shape == (2,)


def test_a_selection_takes_some_and_is_another_asset(folder: Path) -> None:
    chosen = members(store=str(folder), registry=REGISTRY, select={"density": 0.5, "seed": [3]})
    expected = store.open(folder)["W"].sel(density=np.float32(0.5), seed=[3]).to_numpy()
    np.testing.assert_array_equal(chosen.arrays[0].W, expected)
    both = members(store=str(folder), registry=REGISTRY, select={"seed": [0, 3]})
    assert both.arrays[0].W.shape == (4, 3, 2)
    assert chosen.digest != both.digest


@pytest.mark.parametrize(
    ("select", "words"),
    [
        ({"densty": 0.5}, "did you mean density"),
        ({"seed": 1}, "seed=1: expected one of 0, 3"),
        ([1], r"select=\[1\]: expected a mapping or none"),
    ],
)
def test_what_is_not_there_is_one_line(folder: Path, select: object, words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        members(store=str(folder), registry=REGISTRY, select=select)  # type: ignore[arg-type]


def test_a_folder_without_a_store_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=f"^store={tmp_path}: .*expected a folder with"):
        members(store=str(tmp_path), registry=REGISTRY)


@pytest.fixture(scope="module")
def widths(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models that have one or two dimensions in use, each beside its own density."""

    def build(point):
        return training(
            model=models.autoencoder(n_features=3, n_hidden=2, width=point["model.width"]),
            source=data.sparse_uniform(n_features=3, density=0.5),
            tx=optim.sgd(learning_rate=0.1),
            spec=FitSpec(n_steps=1, batch_size=2, log_every=1),
        )

    place = tmp_path_factory.mktemp("widths")
    axes = {"model.width": [1.0, 2.0], "seed": [0]}
    sweep(build, key=jax.random.key(0), axes=axes, store=place, spec=SPEC)
    return place


def test_models_that_differ_in_a_number_are_each_made_with_their_own(widths: Path) -> None:
    asset = members(store=str(widths), registry=REGISTRY)
    arrays = jax.tree.map(jnp.asarray, asset.arrays)
    learned = jnp.asarray(asset.arrays[0].W).at[:, :, 1].set(7.0)  # what is not in use is seen

    @jax.vmap
    def code(number):
        params = arrays[0].replace(W=learned)
        model, params, state = asset.read((params, *arrays[1:])).at(number)
        return model.width, model.apply(params, state, jnp.ones(3)).code

    width, found = jax.jit(code)(jnp.arange(2))
    assert width.tolist() == [1, 2]
    np.testing.assert_allclose(found[:, 0], learned[:, :, 0].sum(1), rtol=1e-6)
    np.testing.assert_array_equal(found[:, 1], [0, 21])


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"width": 2.0, "init": {"scale": 0.5}}, {"width": [1, 2]}),
        ({"width": 1.0, "init": {"scale": 0.25}}, {"init.scale": [0.5, 0.25]}),
        ({"width": 1.0, "init": {"scale": 0.5}}, {}),
        ({"width": 2.0, "n_hidden": 4}, {}),
        ({"width": 2.0, "bias": True}, {}),
        ({"width": None}, {}),
    ],
)
def test_configs_of_one_model_differ_in_numbers_alone(other: dict, expected: dict) -> None:
    node = {"kind": "mlp", "n_hidden": 2, "bias": False, "width": 1.0, "init": {"scale": 0.5}}
    found = numbers_between([node, {**node, **other}])
    assert {key: each.tolist() for key, each in found.items()} == expected
