"""Reconstructions in place of activations, in a tiny transformer of a checkpoint."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import metrics
from superpos.arguments import ArgumentError
from superpos.interp.splicing import spliced_losses
from superpos.models.transformer import read, select, token_losses

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "language_models" / "gpt2_relu"


@pytest.fixture(scope="module")
def given() -> dict[str, Any]:
    model, params = read(GOLDEN)
    tokens = np.random.default_rng(0).integers(model.architecture.n_tokens, size=(5, 6))
    return {"model": model, "params": params, "tokens": jnp.asarray(tokens, jnp.int32)}


def by_hand(
    given: dict[str, Any], text: jax.Array, layer: int, site: str, change: Any
) -> jax.Array:
    """Block after block, with the change where it belongs."""
    model, params = given["model"], given["params"]
    residual = model.embed(params, text)
    for number in range(model.architecture.n_layers):
        here = number == layer
        edit = change if here and site == "mlp" else (lambda hidden: hidden)
        residual, _ = model.block(select(params.layers, number), residual, edit)
        residual = change(residual) if here and site == "residual" else residual
    return token_losses(model.unembed(params, residual), text).mean()


@pytest.mark.parametrize(("layer", "site"), [(0, "mlp"), (1, "residual")])
def test_losses_are_those_of_one_block_after_another(
    given: dict[str, Any], layer: int, site: Any
) -> None:
    found = spliced_losses(
        **given, layer=layer, site=site, reconstruct=lambda x: 0.5 * x + 1, ablated=jnp.ones(()) * 2
    )
    changes = (lambda x: x, lambda x: 0.5 * x + 1, lambda x: jnp.full_like(x, 2.0))
    text = given["tokens"][3]
    expected = [
        jax.jit(lambda text, change=change: by_hand(given, text, layer, site, change))(text)
        for change in changes
    ]
    np.testing.assert_allclose([each[3] for each in found], expected, rtol=1e-5)
    whole = given["model"].apply(given["params"], text).logits
    np.testing.assert_allclose(found.clean[3], token_losses(whole, text).mean(), rtol=1e-5)


def test_a_model_that_is_not_trained_recovers_no_number(given: dict[str, Any]) -> None:
    """Its tokens are random, so that no layer can be of use, and a ratio would mean nothing."""
    found = spliced_losses(**given, layer=0, site="mlp", reconstruct=lambda x: x)
    np.testing.assert_array_equal(found.spliced, found.clean)
    assert np.isnan(metrics.loss_recovered(*found))


def test_what_does_not_fit_is_refused(given: dict[str, Any]) -> None:
    common: dict[str, Any] = {"site": "mlp", "reconstruct": lambda x: x}
    with pytest.raises(ArgumentError, match=r"^layer=2: expected an integer in \[0, 1\]$"):
        spliced_losses(**given, layer=2, **common)
    for tokens in (given["tokens"][0], given["tokens"][:, :1]):
        with pytest.raises(ArgumentError, match=r"^tokens of shape .*: expected \(n_texts, length"):
            spliced_losses(**{**given, "tokens": tokens}, layer=0, **common)
    with pytest.raises(ArgumentError, match="^site='attention': expected one of mlp, residual"):
        spliced_losses(**given, layer=0, **{**common, "site": "attention"})
