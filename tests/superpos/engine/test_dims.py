"""Names of the dimensions of results that nobody declares."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from superpos import data, metrics, models
from superpos.data import stateless
from superpos.engine.dims import with_dims
from superpos.store import files
from superpos.train import FitSpec, store, sweep, training
from superpos.types import Batch, Evaluation, Model, Output

N, M = 5, 2
X = np.ones((4, N), np.float32)


def run_of(measure, model=None, n_hidden=M, **fields):
    return training(
        model=model or models.autoencoder(n_features=N, n_hidden=n_hidden),
        source=data.sparse_uniform(n_features=N, density=0.5),
        tx=optax.sgd(0.1),
        evaluations={"e": Evaluation(lambda params, state, key: measure(params), **fields)},
        spec=FitSpec(n_steps=2, batch_size=4, log_every=1),
    )


def dims_of(run, axes=(), dims=None):
    return with_dims(run, jax.eval_shape(run.init, jax.random.key(0)), axes, dims or {}).dims


@pytest.mark.parametrize("fields", [{}, {"every": 2}, {"after": True}])
@pytest.mark.parametrize("n_hidden", [M, N])  # what has the same length is still told apart
def test_what_is_measured_is_called_as_the_parameters_that_it_follows(fields, n_hidden):
    def measure(params):
        return {
            "norms": metrics.feature_norms(params.W),
            "code": params.W.T @ params.b,
            "paths": jnp.stack([params.W, -params.W]),
            "gram": params.W @ params.W.T,
            "third": jnp.zeros((len(params.W),) * 3),
            "flat": params.W.ravel(),
            "fixed": jnp.zeros(N) * params.b.sum(),
            "total": params.b.sum(),
        }

    found = dims_of(run_of(measure, n_hidden=n_hidden, **fields))
    assert {name: tuple(names) for name, names in found.items()} == {
        "W": ("feature", "hidden"),
        "b": ("feature",),
        "norms": ("feature",),
        "code": ("hidden",),
        "paths": ("paths_0", "feature", "hidden"),
        "gram": ("feature", "other_feature"),
        "third": ("feature", "other_feature", "third_2"),
        "flat": ("flat_0",),
        "fixed": ("fixed_0",),
    }


def test_a_function_for_one_size_alone_names_nothing():
    assert "recon" not in dims_of(run_of(lambda params: {"recon": X @ params.W}))


def test_what_is_declared_comes_first():
    run = run_of(
        lambda params: {"norms": metrics.feature_norms(params.W)}, dims={"norms": ("row",)}
    )
    assert dims_of(run)["norms"] == ("row",)
    assert dims_of(run, dims={"norms": ("i",)})["norms"] == ("i",)


def own_model(**shapes):
    """A model of parameters with these shapes that declares nothing."""

    def apply(params, state, x):
        return Output(code=x, recon=x)

    def loss(params, state, batch, key):
        return sum(jnp.sum(leaf**2) for leaf in params.values()), (state, {})

    return Model(lambda key: ({k: jnp.ones(v) for k, v in shapes.items()}, ()), apply, loss)


@pytest.mark.parametrize(
    ("shapes", "axes", "expected"),
    [
        ({"W": (5, 2), "b": (5,)}, [], {"W": ("feature", "hidden"), "b": ("feature",)}),
        ({"W": (5, 2), "b": (2,)}, [], {"W": ("feature", "hidden")}),
        ({"W": (5, 2, 3), "b": (5,)}, [], {"b": ("feature",)}),
        ({"W": (5, 2), "b": (5,)}, ["hidden"], {"b": ("feature",)}),
        ({"V": (5, 2)}, [], {}),
    ],
)
def test_parameters_called_w_and_b_are_as_everywhere(shapes, axes, expected):
    assert dims_of(run_of(lambda params: {}, own_model(**shapes)), axes) == expected


def test_a_sweep_in_a_script_and_a_store_from_before_have_the_names(tmp_path):
    def build(point):
        def sample(key, n):
            return Batch(
                inputs=jnp.zeros((n, 3)), targets=jnp.zeros((n, 3)), factors=jnp.zeros((n, 3))
            )

        return training(
            model=own_model(V=(3, 2)),
            source=stateless(sample),
            tx=optax.sgd(point["rate"]),
            probe=lambda params, state, key: {"norms": jnp.sum(params["V"] ** 2, axis=1)},
            spec=FitSpec(n_steps=1, batch_size=1, log_every=1),
        )

    def swept(rates):
        arguments = {"key": jax.random.key(0), "store": tmp_path, "spec": {"a": 1}}
        return sweep(build, axes={"rate": rates}, dims={"V": ("unit", "input")}, **arguments)

    dataset = swept([0.1])
    assert (dataset["V"].dims, dataset["norms"].dims) == (
        ("rate", "unit", "input"),
        ("rate", "step", "unit"),
    )
    header = files.read_header(tmp_path)
    header["schema"]["norms"]["dims"] = ["step", "norms_1"]
    files.write_header(tmp_path, header)
    assert store.open(tmp_path)["norms"].dims == ("rate", "step", "norms_1")
    assert swept([0.1, 0.2])["norms"].dims == ("rate", "step", "unit")
