"""From disk back to a model: the one that was trained, or one line that says what is there."""

import json
import shutil

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray

from superpos import data, environments, models, optim
from superpos.arguments import ArgumentError
from superpos.components import construct
from superpos.store import multirun
from superpos.store.folder import read_sweep
from superpos.train import FitSpec, NoMemberError, StoreError, best_of, fit, store, sweep, training
from superpos.types import Batch
from tests.stored import stored

REGISTRY = {
    "data": {
        "finite": data.finite,
        "one_sparse": data.one_sparse,
        "sparse_uniform": data.sparse_uniform,
    },
    "model": {"autoencoder": models.autoencoder, "computation": models.computation},
    "error": {"squared": models.errors.squared},
}
CONFIG = {
    "data.kind": "sparse_uniform",
    "data.n_features": 4,
    "data.density": 0.5,
    "model.kind": "autoencoder",
    "model.n_features": 4,
    "model.n_hidden": 2,
    "model.error.kind": "squared",
    "model.error.importance": [1.0, 1.0, 0.5, 0.5],
}
AXES = {
    "data.density": [0.05, 0.3],
    "model.importance_decay": [0.9, 0.7],
    "model.error.importance.1": [1.0, 0.25],
    "optim.learning_rate": [0.1, 0.2],
    "seed": [3, 0],
}
ZIPPED = [
    ["model.importance_decay", "model.error.importance.1"],
    ["data.density", "optim.learning_rate"],
]
SPEC = FitSpec(n_steps=4, batch_size=8, log_every=2)


def key():
    """The root key, new each time: JAX refuses one that is used twice."""
    return jax.random.key(7)


def parts(point, n_hidden=2):
    importance = [1.0, point.get("model.error.importance.1", 1.0), 0.5, 0.5]
    return {
        "model": models.autoencoder(
            n_features=4,
            n_hidden=n_hidden,
            importance_decay=point.get("model.importance_decay", 1.0),
            error=models.errors.squared(importance=importance),
        ),
        "source": data.sparse_uniform(n_features=4, density=point["data.density"]),
        "tx": optim.sgd(learning_rate=point["optim.learning_rate"]),
        "probe": lambda params, state, key: {"size": (params.W**2).sum()},
        "spec": SPEC,
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweep")
    sweep(
        lambda point: training(**parts(point)),
        key=key(),
        axes=AXES,
        zipped=ZIPPED,
        store=folder,
        spec=CONFIG,
    )
    return folder


@pytest.fixture(scope="module")
def dataset(folder):
    return store.open(folder)


def assert_is(found, point, seed, n_hidden=2):
    """A member is the run of its point and seed, and its model that of the point."""
    run = fit(jax.random.fold_in(key(), seed), **parts(point, n_hidden))
    chex.assert_trees_all_close(found.params, run.params, rtol=1e-5)
    assert found.state == run.state == ()
    x = jnp.ones((6, 4))
    batch = Batch(inputs=x, targets=x, factors=x)
    losses = [
        model.loss(run.params, (), batch, key())[0]
        for model in (found.model, parts(point, n_hidden)["model"])
    ]
    np.testing.assert_allclose(*losses, rtol=1e-6)
    assert found.model.apply(found.params, found.state, x[0]).recon.shape == (4,)


POINT = {
    "data.density": 0.05,
    "model.importance_decay": 0.7,
    "model.error.importance.1": 0.25,
    "optim.learning_rate": 0.1,
}


@pytest.mark.slow
def test_a_member_is_the_run_of_its_point_and_seed(folder, dataset):
    for source in (folder, str(folder), dataset, dataset.sel(seed=3)):
        found = store.member(source, REGISTRY, density=0.05, importance_decay=0.7, seed=3)
        assert_is(found, POINT, 3)
    by_zipped = store.member(
        dataset,
        REGISTRY,
        learning_rate=0.1,
        seed=np.uint32(3),
        **{"model.error.importance.1": 0.25},
    )
    chex.assert_trees_all_equal(by_zipped.params, found.params)


def test_every_finished_member_comes_in_order_and_models_are_shared(dataset):
    dataset = dataset.copy()
    status = dataset["status"].to_numpy().astype("U16")
    status[0, 1, 0], status[1, 0, 1] = "diverged@2", "missing"
    dataset["status"] = dataset["status"].copy(data=status)
    found = list(store.members(dataset, REGISTRY))
    assert len(found) == 6 and len({id(each.model) for _, each in found}) == 2
    for labels, each in found:
        names = ("density", "importance_decay", "seed")
        one = dataset.sel({dim: labels[dim] for dim in dataset["status"].dims})
        assert one["status"] == "ok" and all(one[name] == labels[name] for name in names)
        np.testing.assert_array_equal(each.params.W, one["W"])
        np.testing.assert_array_equal(each.params.b, one["b"])
    order = [tuple(labels[dim] for dim in dataset["status"].dims) for labels, _ in found]
    stacked = dataset["status"].stack(member=dataset["status"].dims)
    expected = stacked.where(stacked == "ok", drop=True)["member"].to_numpy().tolist()
    assert order == expected


def test_a_chosen_restart_is_a_member(dataset):
    best = best_of(dataset, dataset["train_loss"].isel(step=-1))
    one = store.member(best, REGISTRY, density=0.3, importance_decay=0.9)
    expected = best.sel(density=0.3, importance_decay=0.9)
    np.testing.assert_array_equal(one.params.W, expected["W"])


REFUSED = [
    ({"densty": 0.05}, "densty: unknown, members are told apart by .*; did you mean density?"),
    ({"density": 0.2}, r"density=0.2: expected one of 0.05, 0.3$"),
    ({"density": "0.05"}, r"density='0.05': expected one of 0.05, 0.3$"),
    ({"density": [0.05, 0.2]}, r"density=0.2: expected one of 0.05, 0.3$"),
    ({"seed": True}, r"seed=True: expected one of 3, 0$"),
    ({"density": 0.05, "importance_decay": 0.9}, r"^seed: expected one of 3, 0$"),
    ({"seed": 0, "importance_decay": 0.9}, r"^density: expected one of 0.05, 0.3$"),
    ({"density": 0.05, "learning_rate": 0.2}, "density=0.05, learning_rate=0.2: there is no such"),
]


@pytest.mark.parametrize(("selection", "line"), REFUSED)
def test_a_selection_that_leaves_no_member_or_several_is_refused(dataset, selection, line):
    with pytest.raises(ArgumentError, match=line) as refusal:
        store.member(dataset, REGISTRY, **selection)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("status", ["missing", "diverged@37"])
def test_a_member_that_is_not_finished_is_refused(dataset, status):
    one = dataset.isel(density=0, importance_decay=0, seed=[0]).copy()
    one["status"] = ("seed", [status])
    with pytest.raises(NoMemberError, match=f"seed=3: {status}, expected one that is finished"):
        store.member(one, REGISTRY)
    assert list(store.members(one, REGISTRY)) == []


def changed(dataset, **changes):
    """The first member, with another config."""
    one = dataset.isel(density=0, importance_decay=0, seed=0)
    config = {key.replace("__", "."): value for key, value in changes.items()}
    kept = {k: v for k, v in store.config_of(one).items() if config.get(k, v) is not None}
    return one.assign_attrs(config=json.dumps(kept | {k: v for k, v in config.items() if v}))


BROKEN = [
    ({"model__kind": "autoencodr"}, ArgumentError, "did you mean autoencoder?"),
    ({"model__kind": None}, ArgumentError, "model.kind=None: expected one of autoencoder"),
    ({"model__n_hidden": -2}, ArgumentError, "model.n_hidden=-2: expected an integer"),
    ({"model__n_hidden": None}, ArgumentError, "model: autoencoder missing a required argument"),
    ({"model__what": 1}, ArgumentError, "model: autoencoder got an unexpected keyword"),
    ({"model__n_hidden": 3}, StoreError, r"W: stored with shape \(4, 2\), the model has \(4, 3\)"),
]


@pytest.mark.parametrize(("changes", "error", "line"), BROKEN)
def test_a_config_that_does_not_fit_is_refused_in_one_line(dataset, changes, error, line):
    with pytest.raises(error, match=line) as refusal:
        store.member(changed(dataset, **changes), REGISTRY)
    assert "\n" not in str(refusal.value)


def test_a_dataset_without_what_is_asked_for_is_refused_in_one_line(dataset, tmp_path):
    one = dataset.isel(density=0, importance_decay=0, seed=0)
    with pytest.raises(StoreError, match="no config in the dataset"):
        store.member(one.drop_attrs(), REGISTRY)
    with pytest.raises(StoreError, match="W: not in the dataset"):
        store.member(one.drop_vars("W"), REGISTRY)
    with pytest.raises(StoreError, match=r"model: not in the stored config"):
        bare = one.reset_coords(["importance_decay", "model.error.importance.1"], drop=True)
        store.member(bare.assign_attrs(config='{"rng": "x"}'), REGISTRY)
    with pytest.raises(StoreError, match="expected a folder with a sweep.json"):
        store.member(tmp_path, REGISTRY)
    with pytest.raises(StoreError, match="model.widht: not in the stored config"):
        store.config_of(one)["model.widht"]


def test_the_data_of_a_sweep_are_made_anew(dataset):
    source = store.component(dataset, REGISTRY, "data", density=0.05)
    expected = data.sparse_uniform(n_features=4, density=np.float32(0.05))
    chex.assert_trees_all_equal(data.draw(source, key(), 9), data.draw(expected, key(), 9))
    with pytest.raises(ArgumentError, match="density: expected one of 0.05, 0.3"):
        store.component(dataset, REGISTRY, "data")


def test_components_inside_components_are_made_too():
    config = {
        "data.kind": "finite",
        "data.n_features": 3,
        "data.n_samples": 5,
        "data.data.kind": "one_sparse",
        "data.data.n_features": 3,
    }
    dataset = xarray.Dataset({"status": ((), "ok")}, attrs={"config": json.dumps(config)})
    source = store.component(dataset, REGISTRY, "data")
    inner = data.one_sparse(n_features=3)
    expected = data.finite(n_features=3, data=inner, n_samples=5)
    chex.assert_trees_all_equal(data.draw(source, key(), 9), data.draw(expected, key(), 9))


def test_data_that_ask_for_the_model_are_given_it():
    registry = {
        "data": {"rollouts": data.rollouts},
        "model": {"actor_critic": models.actor_critic},
        "environment": {"epochs": environments.epochs},
        "encoding": {"hidden": environments.encodings.hidden},
    }
    environment = {"kind": "epochs", "n_steps": 4, "n_allowed": 2.0, "growth": 1.0, "penalty": 1.0}
    config = {
        "data.kind": "rollouts",
        "data.n_features": 2,
        **{f"data.environment.{name}": value for name, value in environment.items()},
        "data.environment.encoding.kind": "hidden",
        "model.kind": "actor_critic",
        "model.n_features": 2,
        "model.n_steps": 4,
        "model.n_actions": 3,
    }
    coords = {"bonus": ("bonus", [0.0, 0.1], {"key": "model.entropy_bonus"})}
    attrs = {"config": json.dumps(config)}
    dataset = xarray.Dataset({"status": ("bonus", ["ok", "ok"])}, coords=coords, attrs=attrs)
    source = store.component(dataset, registry, "data", bonus=0.1)
    assert source.environment is not None and source.environment.n_steps == 4
    assert source.gives == construct(registry, "model", store_node(config)).takes
    with pytest.raises(ArgumentError, match="bonus: expected one of"):
        store.component(dataset, registry, "data")


def store_node(config):
    """The model of a flat config."""
    return {key[6:]: value for key, value in config.items() if key.startswith("model.")}


def test_a_model_that_asks_for_its_source_is_given_the_data():
    asked = []

    def whitened(*, n_hidden, source):
        asked.append(data.draw(source, key(), 2).inputs.shape)
        return models.autoencoder(n_features=3, n_hidden=n_hidden)

    registry = {**REGISTRY, "model": {"whitened": whitened}}
    config = {
        "model.kind": "whitened",
        "model.n_hidden": 2,
        "data.kind": "one_sparse",
        "data.n_features": 3,
    }
    dataset = xarray.Dataset(
        {
            "status": ((), "ok"),
            "W": (("feature", "hidden"), np.ones((3, 2), np.float32)),
            "b": ("feature", np.zeros(3, np.float32)),
        },
        attrs={"config": json.dumps(config)},
    )
    assert store.member(dataset, registry).params.W.shape == (3, 2)
    assert asked == [(2, 3)]


@pytest.fixture(scope="module")
def widths(tmp_path_factory):
    """A multirun over n_hidden and a choice by name, whose groups have axes of their own."""
    folder = tmp_path_factory.mktemp("widths")
    rows = []
    for n_hidden, density, rate in ((2, 0.05, 0.1), (3, 0.3, 0.2)):
        name = f"hidden_{n_hidden}"
        spec = CONFIG | {"model.n_hidden": n_hidden}
        del spec["data.density"]
        axes = {"data.density": [density], "optim.learning_rate": [rate], "seed": [3, 0]}
        sweep(
            lambda point, n_hidden=n_hidden: training(**parts(point, n_hidden)),
            key=key(),
            axes=axes,
            store=folder / "groups" / name,
            spec=spec,
            dims={"W": ("feature", "hidden")} if n_hidden == 2 else {"W": ("row", "column")},
        )
        header, grid, _ = read_sweep(folder / "groups" / name)
        ids = grid.member_ids(header["spec"]).astype(str)
        rows += [(i, name, n_hidden, f"of_{density}", s) for i, s in zip(ids, [3, 0], strict=True)]
    ids, groups, *columns = map(list, zip(*rows, strict=True))
    keys = ("model.n_hidden", "data", "seed")
    members = multirun.Members(keys, dict(zip(keys, columns, strict=True)), ids, groups)
    multirun.write(folder, members, {"model.kind": "autoencoder"})
    return folder


@pytest.mark.slow
def test_a_member_of_a_multirun_has_its_own_shape_and_the_config_of_its_group(widths):
    for n_hidden, density, rate in ((2, 0.05, 0.1), (3, 0.3, 0.2)):
        point = {"data.density": density, "optim.learning_rate": rate}
        for seed in (3, 0):
            selection = {"n_hidden": n_hidden, "seed": seed}
            assert_is(store.member(widths, REGISTRY, **selection), point, seed, n_hidden)
    source = store.component(widths, REGISTRY, "data", data="of_0.3")
    expected = data.sparse_uniform(n_features=4, density=np.float32(0.3))
    chex.assert_trees_all_equal(data.draw(source, key(), 9), data.draw(expected, key(), 9))
    with pytest.raises(ArgumentError, match="n_hidden: expected one of 2, 3"):
        store.member(widths, REGISTRY, seed=0)
    with pytest.raises(ArgumentError, match="seed: expected one of 3, 0"):
        store.member(widths, REGISTRY, data="of_0.05")
    shapes = [each.params.W.shape for _, each in store.members(widths, REGISTRY)]
    assert shapes == [(4, 2), (4, 2), (4, 3), (4, 3)]


def test_a_part_of_a_multirun_that_does_not_say_what_it_was_made_of_is_refused(widths, tmp_path):
    dataset = store.open(widths)
    with pytest.raises(StoreError, match="data.density: expected a coordinate with the value"):
        store.member(dataset.drop_vars("data.density"), REGISTRY, n_hidden=2, seed=0)
    shutil.copytree(widths, tmp_path, dirs_exist_ok=True)
    shutil.rmtree(tmp_path / "groups" / "hidden_3")
    with pytest.raises(StoreError, match="expected its group on disk"):
        store.component(tmp_path, REGISTRY, "data", n_hidden=3)
    with pytest.raises(NoMemberError, match="missing, expected one that is finished"):
        store.member(tmp_path, REGISTRY, n_hidden=3, seed=0, data="of_0.3")


def test_seeds_are_told_apart_however_large():
    seeds = np.array([2**24, 2**24 + 1], np.uint32)
    config = {"model.kind": "autoencoder", "model.n_features": 2, "model.n_hidden": 2}
    dataset = xarray.Dataset(
        {
            "status": ("seed", ["ok", "ok"]),
            "W": (("seed", "feature", "hidden"), np.arange(8, dtype=np.float32).reshape(2, 2, 2)),
            "b": (("seed", "feature"), np.zeros((2, 2), np.float32)),
        },
        {"seed": ("seed", seeds, {"key": "seed"})},
        {"config": json.dumps(config)},
    )
    assert store.member(dataset, REGISTRY, seed=2**24 + 1).params.W[0, 0] == 4


def test_a_state_comes_back_with_its_dtypes():
    def counting():
        inner = models.autoencoder(n_features=2, n_hidden=1)
        state = {"dead": jnp.arange(3, dtype=jnp.int32), "rate": jnp.float32(0.5)}
        return inner._replace(init=lambda key: (inner.init(key)[0], state))

    params, state = counting().init(key())
    dataset = stored(params, state, json.dumps({"model.kind": "counting"}))
    found = store.member(dataset, {"model": {"counting": counting}})
    chex.assert_trees_all_equal((found.params, found.state), (params, state))
    chex.assert_trees_all_equal_shapes_and_dtypes(found.state, state)


def test_a_refused_component_is_one_line_with_the_whole_key():
    node = {"kind": "finite", "n_features": 3, "n_samples": 5, "data": {"kind": "none"}}
    with pytest.raises(ArgumentError, match="^data.data.kind='none': expected one of finite, one"):
        construct(REGISTRY, "data", node)
    with pytest.raises(ArgumentError, match="^what.kind='none': expected one of nothing"):
        construct(REGISTRY, "what", {"kind": "none"})
