"""A language model of our own: its loss, what it learns, and its points of training in a store."""

from pathlib import Path
from typing import Any

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray

from superpos import data, evaluations, models, optim
from superpos.app import boundary, runner, sweeping
from superpos.arguments import ArgumentError
from superpos.assets import members
from superpos.train import FitSpec, fit, store, sweep, training
from superpos.types import Batch
from tests.components import file_of_chapters

CONTEXT, N_TOKENS = 6, 7
SIZES = {"context": CONTEXT, "n_tokens": N_TOKENS, "d_model": 16, "n_heads": 2, "d_mlp": 16}
REGISTRY = {"model": {"language_model": models.language_model}}
SPEC = {"model.kind": "language_model", **{f"model.{name}": size for name, size in SIZES.items()}}
KEY = jax.random.key(0)
STARTS = np.arange(N_TOKENS, dtype=np.int32)[:, None]
CYCLE = (STARTS + np.arange(CONTEXT + 1)) % N_TOKENS
"""After each token comes the next number."""
TEXT = {"inputs": jnp.asarray(CYCLE[:, :-1]), "targets": jnp.asarray(CYCLE[:, 1:])}
LAW = {
    **{"kind": "effective_compute", "irreducible": 0.0, "scale": 1.0, "exponent": 0.5, "z": 0.0},
    **{"most_compute": 1e6, "anchor_compute": 1e-6, "every": 5},
}
"""Effective compute is 1 / loss²: it grows as the loss falls."""
ASSETS = ("examples", "held_out")


def batch_of(tokens: np.ndarray) -> Batch:
    inputs, targets = jnp.asarray(tokens[:, :-1]), jnp.asarray(tokens[:, 1:])
    return Batch(inputs=inputs, targets=targets, factors=jnp.zeros((len(tokens), 0)))


def random_tokens(n: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, N_TOKENS, (n, CONTEXT + 1)).astype(np.int32)


@pytest.mark.parametrize("tied", [False, True])
def test_the_loss_is_the_mean_over_tokens_of_what_each_costs(tied: bool) -> None:
    model = models.language_model(**SIZES, tied=tied, standard_deviation=0.5)
    params, _ = model.init(KEY)
    assert (params.unembedding is None) == tied
    batch = batch_of(random_tokens(4))
    logits = jax.jit(jax.vmap(lambda x: model.apply(params, (), x).recon))(batch.inputs)
    logits = np.asarray(logits, np.float64)
    each = np.log(np.exp(logits).sum(-1))
    each -= np.take_along_axis(logits, np.asarray(batch.targets)[..., None], -1)[..., 0]
    loss, _ = jax.jit(model.loss)(params, (), batch, KEY)
    assert loss == pytest.approx(each.mean(), rel=1e-5)
    assert each.std() > 0.1


def test_a_start_near_zero_holds_all_tokens_for_as_likely() -> None:
    model = models.language_model(**SIZES, n_layers=2, standard_deviation=1e-6)
    params, _ = model.init(KEY)
    loss, _ = jax.jit(model.loss)(params, (), batch_of(random_tokens(4)), KEY)
    assert loss == pytest.approx(np.log(N_TOKENS), abs=1e-4)


def test_a_later_token_changes_nothing_before_it() -> None:
    model = models.language_model(**SIZES, standard_deviation=0.5)
    params, _ = model.init(KEY)
    apply = jax.jit(lambda x: model.apply(params, (), x))
    x = jnp.asarray(random_tokens(1)[0, :-1])
    one, other = apply(x), apply(x.at[3].set((x[3] + 1) % N_TOKENS))
    np.testing.assert_array_equal(one.recon[:3], other.recon[:3])
    assert np.abs(one.recon[3:] - other.recon[3:]).max() > 1e-3
    assert (np.asarray(one.code) >= 0).all()  # a ReLU


def test_a_token_beyond_the_vocabulary_is_no_loss() -> None:
    """So that a run with a tokeniser of another size diverges at once."""
    model = models.language_model(**SIZES)
    params, _ = model.init(KEY)
    tokens = random_tokens(2)
    tokens[0, 3] = N_TOKENS
    assert np.isnan(jax.jit(model.loss)(params, (), batch_of(tokens), KEY)[0])


def test_heads_of_an_odd_width_are_one_line() -> None:
    with pytest.raises(ArgumentError, match="^d_model=12: expected a multiple of 8$"):
        models.language_model(context=4, d_model=12)


def run(learning_rate: Any = 0.02) -> dict[str, Any]:
    model = models.language_model(**SIZES)
    source = data.examples(n_features=CONTEXT, examples=TEXT)
    held_out = evaluations.held_out_loss(model=model, held_out=TEXT, batch_size=4)
    kept = evaluations.trajectory(model=model)
    return {
        "model": model,
        "source": source,
        "tx": optim.adam(learning_rate=learning_rate),
        "evaluations": {
            "held_out_loss": held_out._replace(every=20, at_start=True, at_end=True),
            "trajectory": kept._replace(every=20, at_start=True, at_end=True),
        },
        "spec": FitSpec(n_steps=60, batch_size=8, log_every=20),
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models over the learning rate and the seed, in a store."""

    def build(point):
        return training(**run(point["rate"]))

    place = tmp_path_factory.mktemp("language_models")
    axes = {"rate": [0.005, 0.02], "seed": [0, 1]}
    sweep(build, key=KEY, axes=axes, store=place, spec=SPEC)
    return place


@pytest.fixture(scope="module")
def stored(folder: Path) -> xarray.Dataset:
    return store.open(folder)


def test_it_learns_what_follows_each_token(stored: xarray.Dataset) -> None:
    loss = stored["held_out_loss"].sel(rate=0.02)
    assert stored["step_held_out_loss"].values.tolist() == [0, 20, 40, 60]
    assert (loss.isel(step_held_out_loss=0) > 1.8).all()
    assert (loss.isel(step_held_out_loss=-1) < 0.1).all()


def test_a_member_is_the_run_on_its_own(folder: Path) -> None:
    model, params, _ = store.member(folder, REGISTRY, rate=0.02, seed=1)
    alone = fit(jax.random.fold_in(KEY, 1), **run())
    chex.assert_trees_all_close(params, alone.params, atol=1e-3)
    assert model.takes is not None
    assert model.takes.inputs.shape == (CONTEXT,)
    assert alone.metrics["held_out_loss"].shape == (4,)
    assert alone.metrics["step_held_out_loss"].tolist() == [0, 20, 40, 60]


def test_every_point_of_training_can_be_taken(folder: Path, stored: xarray.Dataset) -> None:
    """The start is what `init` gives, the end what is stored as such, and each has its loss."""
    losses = stored["held_out_loss"].sel(rate=0.02, seed=1).values
    for number, step in enumerate((0, 20, 40, 60)):
        model, params, _ = store.member(store.at_step(stored, step), REGISTRY, rate=0.02, seed=1)
        measure = evaluations.held_out_loss(model=model, held_out=TEXT).measure
        found = jax.jit(measure)(params, (), KEY)["held_out_loss"]
        assert found == pytest.approx(losses[number], abs=1e-5)
    last = store.member(folder, REGISTRY, rate=0.02, seed=1).params
    jax.tree.map(np.testing.assert_array_equal, params, last)
    _, first, _ = store.member(store.at_step(stored, 0), REGISTRY, rate=0.02, seed=1)
    key = jax.random.fold_in(jax.random.fold_in(KEY, 1), 0)
    chex.assert_trees_all_close(first, jax.jit(model.init)(key)[0], rtol=1e-6)


def test_models_of_one_step_are_an_asset(folder: Path, stored: xarray.Dataset) -> None:
    start, end = (members(store=str(folder), registry=REGISTRY, step=step) for step in (0, None))
    embedding = stored["embedding_path"].isel(step_trajectory=0).values
    np.testing.assert_array_equal(
        start.read(start.arrays).params.embedding, embedding.reshape(4, N_TOKENS, 16)
    )
    assert start.digest != end.digest
    last = members(store=str(folder), registry=REGISTRY, step=60)
    assert last.digest == end.digest


@pytest.mark.parametrize("select", [None, {"seed": 0}])
def test_a_step_that_was_not_kept_is_one_line(folder: Path, select: Any) -> None:
    with pytest.raises(ArgumentError, match="^step=30: expected one .* of 0, 20, 40, 60$"):
        members(store=str(folder), registry=REGISTRY, step=30, select=select)


def test_effective_compute_decides_when_it_is_evaluated_and_changes_no_bit() -> None:
    """By the law 1 / loss² it is due first, and then at each look at 4 times that compute."""
    watched = trained_from_config(f"+evaluations.held_out_loss.every={hydra_text(LAW)}")
    losses = watched["train_loss"].values[0].astype(float)
    due, anchor = [], 0.0
    for number, compute in enumerate(1 / losses**2, 1):
        if compute >= 4 * anchor:
            due, anchor = [*due, 5 * number], compute
    found = watched["step_held_out_loss"].values[0]
    assert found[found >= 0].tolist() == [0, *due, *({40} - {*due})]
    assert 3 <= len(due) < len(losses)
    plain = trained_from_config()
    for name in ("embedding", "layers.up.W", "train_loss"):
        np.testing.assert_array_equal(watched[name], plain[name])


def hydra_text(node: dict[str, Any]) -> str:
    """A mapping as the command line takes it."""
    return "{" + ",".join(f"{key}:{value}" for key, value in node.items()) + "}"


def trained_from_config(*words: str) -> xarray.Dataset:
    """A language model on a small text, evaluated at its start, at its end and when words say."""
    text = file_of_chapters()
    given = [f"assets.{name}.{key}={value}" for name in ASSETS for key, value in text.items()]
    sizes = [f"model.{name}={size}" for name, size in SIZES.items() if name != "context"]
    config = boundary.compose(
        [
            *("experiment=train", "data=examples", "model=language_model", "optim=adam"),
            *(f"+asset@assets.{name}=tokens" for name in ASSETS),
            *("evaluations=held_out_loss", *given, *sizes, "model.n_tokens=260"),
            *("assets.held_out.split=held_out", "data.n_features=6", "optim.learning_rate=0.02"),
            *("+evaluations.held_out_loss.at_start=true", "fit.batch_size=8"),
            *("+evaluations.held_out_loss.at_end=true", "fit.n_steps=40", "fit.log_every=5"),
            *("engine.check_fragile=false", "sweep.seed=[0]", "objective=train_loss", *words),
        ]
    )
    [plan] = runner.bind(config)[0]["sweep"].plans
    return sweeping.train(plan)
