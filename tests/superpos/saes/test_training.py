"""Sparse autoencoders in runs and sweeps: as one program, with resampling, to an L0."""

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
import pytest

from superpos import data, optim, saes
from superpos.arguments import ArgumentError
from superpos.saes import recipes
from superpos.train import FitSpec, fit, sweep, training

D_IN, D_CODE = 6, 8
SPEC = FitSpec(n_steps=4, batch_size=32, log_every=2)
SOURCE = data.sparse_uniform(n_features=D_IN, density=0.3)


@pytest.mark.slow
def test_k_and_width_are_axes_of_one_program() -> None:
    def build(point: Mapping[str, Any]) -> Any:
        model = saes.batch_topk(
            d_in=D_IN, d_code=D_CODE, k=point["k"], width=point["width"], dead=saes.auxk()
        )
        tx = optim.sae_adam(learning_rate=point["learning_rate"])
        return training(model=model, source=SOURCE, tx=tx, spec=SPEC)

    axes = {"k": [1.0, 2.5], "width": [4, 8], "learning_rate": [1e-3], "seed": [0]}
    dataset = sweep(build, key=jax.random.key(0), axes=axes)
    l0 = dataset["l0"].isel(step=-1, learning_rate=0, seed=0)
    np.testing.assert_allclose(l0.sel(k=1.0), 1.0, rtol=1e-6)
    np.testing.assert_allclose(l0.sel(k=2.5, width=8), 2.5, rtol=1e-6)
    assert dataset["W_dec"].dims[-2:] == ("latent", "input")
    assert dataset["state.silent"].shape[-1] == D_CODE
    alone = saes.batch_topk(d_in=D_IN, d_code=4, k=2.5, dead=saes.auxk())
    tx = optim.sae_adam(learning_rate=1e-3)
    key = jax.random.fold_in(jax.random.key(0), 0)
    run = fit(key, model=alone, source=SOURCE, tx=tx, spec=SPEC)
    found = dataset["W_dec"].sel(k=2.5, width=4).squeeze().values[:4]
    np.testing.assert_allclose(found, run.params.W_dec, atol=1e-6)


@pytest.mark.slow
def test_a_run_resamples_what_is_dead() -> None:
    model = saes.topk(d_in=D_IN, d_code=D_CODE, k=1, dead=saes.resample(window=1.0))
    tx = optim.sae_adam(learning_rate=1e-3, resample_every=4)
    run = fit(jax.random.key(1), model=model, source=SOURCE, tx=tx, spec=SPEC)
    again = np.asarray(run.state.resampling.dead)
    norms = np.linalg.norm(run.params.W_dec, axis=1)
    assert again.any() and not again.all()
    np.testing.assert_allclose(norms[again], 1, rtol=1e-5)
    assert (norms[~again] < 0.2).all()


def test_a_model_that_resamples_asks_for_an_optimiser_that_does() -> None:
    model = saes.topk(d_in=D_IN, d_code=D_CODE, k=1, dead=saes.resample())
    tx = optim.sae_adam(learning_rate=1e-3)
    with pytest.raises(ArgumentError, match="^resample_every=none: expected a number, for a model"):
        fit(jax.random.key(1), model=model, source=SOURCE, tx=tx, spec=SPEC)


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["relu", "topk"])
@pytest.mark.parametrize("recipe", ["saelens", "dictionary_learning"])
def test_a_recipe_trains(architecture: Any, recipe: str) -> None:
    own: dict[str, Any] = {"k": 2} if architecture == "topk" else {}
    if recipe == "dictionary_learning":
        own["batch_size"] = SPEC.batch_size
    make = getattr(recipes, recipe)
    model, tx = make(architecture=architecture, d_in=D_IN, d_code=D_CODE, **own)
    run = fit(jax.random.key(0), model=model, source=SOURCE, tx=tx, spec=SPEC)
    assert run.diverged_step == -1
    norms = np.linalg.norm(run.params.W_dec, axis=1)
    if recipe == "dictionary_learning":
        np.testing.assert_allclose(norms, 1, rtol=1e-5)
        assert float(run.state.frame.scale) > 0
    else:
        np.testing.assert_allclose(norms, 0.1, atol=0.01)
