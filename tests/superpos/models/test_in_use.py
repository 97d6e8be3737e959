"""A model of which a part is in use is the model of that size: start, training and results."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import data, evaluations, models, optim, random
from superpos.arguments import ArgumentError
from superpos.data import draw
from superpos.models import errors, inits, regularisers
from superpos.train import FitSpec, sweep, training
from superpos.types import Model, Training

N, M = 7, 5
USED, WIDTH = 5, 3
SMALL: dict[str, Any] = {"n_features": USED, "n_hidden": WIDTH}
PART: dict[str, Any] = {"n_features": N, "n_hidden": M, "n_used": USED + 0.5, "width": WIDTH}
OTHERS: dict[str, Any] = {
    "error": errors.power(loss_exponent=3.0, importance_power=0.5),
    "regularisers": [
        regularisers.noise(noise_scale=0.1),
        regularisers.l1_code(l1_coefficient=0.01),
        regularisers.l1_weights(l1_coefficient=0.01),
    ],
}
UNIFORM = inits.fan_in_uniform(bias_offset=-0.1)
MODELS: dict[str, Callable[..., Model]] = {
    "autoencoder": lambda **sizes: models.autoencoder(**sizes, importance_decay=0.8),
    "biased": lambda **sizes: models.autoencoder(**sizes, init=inits.normal_bias()),
    "gelu": lambda **sizes: models.autoencoder(**sizes, **OTHERS, hidden_activation="gelu"),
    "computation": lambda **sizes: models.computation(**sizes, init=inits.notebook()),
    "quadratic": lambda **sizes: models.quadratic(**sizes, kurtosis=4.0, importance_decay=0.8),
    "mlp_uniform": lambda **sizes: models.mlp(
        **sizes, n_outputs=2, bias=True, output_bias=False, loss="squared", init=UNIFORM
    ),
    "mlp": lambda **sizes: models.mlp(
        **sizes, n_outputs=2, n_layers=2, bias=True, loss="squared", init=inits.he()
    ),
}


def source_for(name: str, n_features: int, n_used: Any = None) -> Any:
    sparse = data.sparse_uniform(
        n_features=n_features, density=1.0, density_power=0.5, n_active=1.5, n_used=n_used
    )
    if not name.startswith("mlp"):
        return sparse

    def two(params: Any, state: Any, key: Any, size: int) -> Any:
        batch, state = sparse.sample(params, state, key, size)
        return dataclasses.replace(batch, targets=batch.targets[:, :2]), state

    return sparse._replace(sample=two, gives=None)


def run_of(name: str, source: Any, **sizes: Any) -> Training:
    model = MODELS[name](**sizes)
    return training(
        model=model,
        source=source,
        tx=optim.adamw(learning_rate=0.02, weight_decay=0.1),
        evaluations={"loss": evaluations.loss(model=model, source=source, batch_size=64)},
        spec=FitSpec(n_steps=40, batch_size=32, log_every=40),
    )


def trained(run: Training) -> tuple[Any, Any]:
    """Parameters and results of a run."""
    with jax.default_matmul_precision("highest"):
        carry, found = jax.jit(lambda key: run.advance(run.init(key)))(random.key(1))
    return carry.params, found["loss"]


def in_place(small: jax.Array, whole: jax.Array) -> np.ndarray:
    """The smaller array, with zeros where the larger one is not in use."""
    return np.pad(small, [(0, b - a) for a, b in zip(small.shape, whole.shape, strict=True)])


@pytest.mark.parametrize("name", MODELS)
def test_the_part_in_use_starts_and_trains_as_the_model_of_its_size(name: str) -> None:
    part, loss = trained(run_of(name, source_for(name, N, USED), **PART))
    alone, expected = trained(run_of(name, source_for(name, USED), **SMALL))
    np.testing.assert_allclose(loss, expected, rtol=1e-6)
    for whole, small in zip(*map(jax.tree.leaves, (part, alone)), strict=True):
        np.testing.assert_allclose(whole, in_place(small, whole), rtol=1e-5, atol=1e-6)
    start, small_start = (MODELS[name](**sizes).init(random.key(2))[0] for sizes in (PART, SMALL))
    for whole, small in zip(*map(jax.tree.leaves, (start, small_start)), strict=True):
        np.testing.assert_allclose(whole, in_place(small, whole), rtol=1e-6)


@pytest.mark.parametrize("name", ["autoencoder", "computation", "quadratic"])
def test_features_that_are_not_in_use_have_no_part_in_it(name: str) -> None:
    """Where the data has them all: in no code, no reconstruction, no loss and no gradient."""
    model, alone = MODELS[name](**PART), MODELS[name](**SMALL)
    params = jax.tree.map(lambda leaf: leaf + 0.1, model.init(random.key(0))[0])
    small = jax.tree.map(
        lambda leaf: leaf[tuple(slice(k) for k in (USED, WIDTH)[: leaf.ndim])], params
    )
    batch = draw(data.sparse_uniform(n_features=N, density=1.0), random.key(1), 16)
    cut = jax.tree.map(lambda leaf: leaf[:, :USED], batch)

    def loss_of(model: Model, batch: Any) -> Any:
        return jax.value_and_grad(lambda params: model.loss(params, (), batch, random.key(2))[0])

    (loss, grads), (expected, wanted) = (
        loss_of(model, batch)(params),
        loss_of(alone, cut)(small),
    )
    np.testing.assert_allclose(loss, expected, rtol=1e-5)
    for whole, few in zip(*map(jax.tree.leaves, (grads, wanted)), strict=True):
        np.testing.assert_allclose(whole, in_place(few, whole), rtol=1e-4, atol=1e-5)
    found = model.apply(params, (), batch.inputs[0])
    known = alone.apply(small, (), cut.inputs[0])
    np.testing.assert_allclose(found.code, in_place(known.code, found.code), atol=1e-5)
    np.testing.assert_allclose(found.recon, in_place(known.recon, found.recon), atol=1e-5)


def test_shapes_are_axes_of_one_program() -> None:
    """Each member is the run of its own shape, and features per dimension are those in use."""
    axes = {"width": [2, 3, 5], "n_used": [4, 7], "seed": [0]}

    def build(point: Any) -> Training:
        sizes = {"n_used": point["n_used"], "width": point["width"]}
        return run_of("autoencoder", source_for("", N, point["n_used"]), **{**PART, **sizes})

    found = sweep(build, axes=axes, key=random.key(0))
    for width in (2, 5):
        for used in (4, 7):
            sizes = {"n_features": used, "n_hidden": width}
            alone = sweep(
                lambda _, used=used, sizes=sizes: run_of(
                    "autoencoder", source_for("", used), **sizes
                ),
                axes={"seed": [0]},
                key=random.key(0),
            )
            member = found.sel(width=width, n_used=used)
            np.testing.assert_allclose(member["loss"], alone["loss"], rtol=1e-5)
            W = member["W"].to_numpy()[..., :used, :width]
            np.testing.assert_allclose(W, alone["W"], rtol=1e-4, atol=1e-5)


def test_features_per_dimension_are_those_of_the_dimensions_in_use() -> None:
    model = MODELS["autoencoder"](**PART)
    params, _ = model.init(random.key(0))
    found = evaluations.superposition(model=model).measure(params, (), random.key(0))
    assert found["features_per_dimension"] == pytest.approx(jnp.sum(params.W**2) / WIDTH)


def test_part_of_the_data_is_the_data_of_that_size() -> None:
    part = draw(source_for("", N, USED), random.key(0), 100).inputs
    alone = draw(source_for("", USED), random.key(0), 100).inputs
    np.testing.assert_allclose(part, in_place(alone, part), rtol=1e-6)
    assert not np.any(part[:, USED:])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: models.autoencoder(**{**PART, "width": 6}),
            "width=6: expected at most n_hidden=5",
        ),
        (
            lambda: models.quadratic(**{**PART, "n_used": 8}, kurtosis=3.0),
            "n_used=8: expected at most n_features=7",
        ),
        (
            lambda: models.mlp(**{**PART, "width": 0}, n_outputs=2),
            "width=0: expected a number in [1",
        ),
        (
            lambda: models.autoencoder(**PART, init=inits.polygon(vertices=3, radius=1.0)),
            "init: expected glorot, he, notebook, unit, normal_bias or fan_in_uniform beside",
        ),
        (
            lambda: models.computation(**PART, hidden_activation="solu"),
            "hidden_activation=solu: expected another beside width",
        ),
        (
            lambda: data.sparse_uniform(n_features=N, n_used=8, density=0.5),
            "n_used=8: expected at most n_features=7",
        ),
    ],
)
def test_parts_that_there_are_not_are_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(ArgumentError) as refusal:
        make()
    assert str(refusal.value).startswith(message)
