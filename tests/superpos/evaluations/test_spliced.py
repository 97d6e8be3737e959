"""Where reconstructions are spliced in, and over what their losses are means."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import evaluations, metrics, saes
from superpos.arguments import ArgumentError
from superpos.evaluations.spliced import _means
from superpos.models.transformer import token_losses
from tests import texts

N_TEXTS = 60
MODEL = saes.relu(d_in=texts.D_MLP, d_code=4)


def test_losses_are_means_over_documents_however_many_texts_each_has() -> None:
    document = np.random.default_rng(0).integers(5, size=N_TEXTS) ** 2
    given = {
        **texts.activations(N_TEXTS),
        "document": jnp.asarray(document),
        "documents": (0, 1, 4, 9, 16),
    }
    one = texts.read_transformers()
    made = evaluations.spliced(model=MODEL, transformers=one, activations=given, layer=0)
    params, state = MODEL.init(jax.random.key(0))
    found = jax.jit(made.measure)(params, state, jax.random.key(0))
    weights = jax.tree.map(lambda leaf: leaf[0], one.params)

    @jax.jit
    @jax.vmap
    def clean(text: jax.Array) -> jax.Array:
        logits = one.model.transformer.apply(weights, text).logits
        return token_losses(logits, text).mean()

    losses = np.asarray(clean(given["tokens"]))
    by_document = [losses[document == number].mean() for number in np.unique(document)]
    assert np.std(np.unique(document, return_counts=True)[1]) > 0
    np.testing.assert_allclose(found["clean_loss"], np.mean(by_document), rtol=1e-5)


def test_texts_of_one_document_are_not_so_many_that_agree() -> None:
    """20 of each of two documents cost 1 and 2: 1.5, and 0.5 its error, too large to be certain."""
    which = jnp.repeat(jnp.arange(2), 20)
    clean, cost = jnp.zeros(40), 1.0 + which
    assert np.isfinite(metrics.loss_recovered(clean, cost / 2, cost))
    by_document = [_means(each, which, (0, 1)) for each in (clean, cost / 2, cost)]
    assert np.isnan(metrics.loss_recovered(*by_document, standard_errors=3.1))
    np.testing.assert_allclose(metrics.loss_recovered(*by_document, standard_errors=2.9), 0.5)


def residual(layers: tuple[int, ...]) -> dict[str, Any]:
    """Activations of the residual stream before a block of the transformer."""
    of_stream = jnp.ones((2, N_TEXTS * texts.LENGTH, 16))
    return {
        **texts.activations(N_TEXTS),
        "inputs": of_stream,
        "held_out": of_stream,
        "layers": layers,
    } | {"site": "residual"}


def test_the_stream_before_a_block_is_spliced_after_the_one_before() -> None:
    one = texts.read_transformers()
    model = saes.relu(d_in=16, d_code=4)
    made = evaluations.spliced(
        model=model, transformers=one, activations=residual((2,)), layer=1, site="residual"
    )
    params, state = model.init(jax.random.key(0))
    found = jax.jit(made.measure)(params, state, jax.random.key(0))
    transformer, weights = one.model.transformer, jax.tree.map(lambda leaf: leaf[0], one.params)

    def ablated(text: jax.Array) -> jax.Array:
        """With 0 in place of what enters the block of number 2."""
        stream = jnp.zeros((texts.LENGTH, 16))
        rest = jax.tree.map(lambda leaf: leaf[2:], weights.layers)
        after, _ = transformer.blocks(rest, stream)
        return token_losses(transformer.unembed(weights, after[-1]), text).mean()

    expected = jax.jit(jax.vmap(ablated))(texts.activations(N_TEXTS)["tokens"]).mean()
    np.testing.assert_allclose(found["ablated_loss"], expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("changed", "arguments", "line"),
    [
        ({}, {"layer": 1}, "layer=1: expected 0, as activations are of 0"),
        ({"layers": (0, 1)}, {"layer": 0}, r"activations.layers=\[0, 1\]: expected one"),
        ({}, {"layer": 0, "site": "residual"}, "site=residual: expected the mlp of activations"),
        (residual((1,)), {"layer": 1, "site": "residual"}, "layer=1: expected 0, as .* are of 1"),
        (residual((0,)), {"layer": 0, "site": "residual"}, r"activations.layers=\[0\]: no block"),
        ({}, {"layer": 0, "transformer": 1}, r"transformer=1: expected an integer in \[0, 0\]"),
        ({}, {"layer": 0, "transformer": 0.5}, "transformer=0.5: expected an integer"),
    ],
)
def test_reconstructions_are_spliced_where_the_activations_are_from(
    changed: dict[str, Any], arguments: dict[str, Any], line: str
) -> None:
    with pytest.raises(ArgumentError, match=f"^{line}"):
        evaluations.spliced(
            model=MODEL,
            transformers=texts.read_transformers(),
            activations={**texts.activations(N_TEXTS), **changed},
            **arguments,
        )
