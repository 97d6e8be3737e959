"""Recovery of known features by a model, against the metrics on the same examples."""

import flax.struct
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import data, metrics, models
from superpos.arguments import ArgumentError
from superpos.evaluations import recovery
from superpos.types import Array, Batch, Model, Output, Params, vectors

N, D, LATENTS = 5, 4, 6
DIRECTIONS = data.orthogonalised(0, N, D)
SOURCE = data.embedded(
    n_features=D, data=data.sparse_uniform(n_features=N, density=0.3), directions=DIRECTIONS
)


@flax.struct.dataclass(kw_only=True)
class Dictionary:
    """Stands in for the parameters of a sparse autoencoder."""

    W_dec: Array


def with_code(x: Array, W_dec: Array) -> Output:
    code = jnp.maximum(W_dec @ x - 0.1, 0.0)
    return Output(code=code, recon=code @ W_dec)


MODEL = Model(
    init=lambda key: (Dictionary(W_dec=jax.random.normal(key, (LATENTS, D))), ()),
    apply=lambda params, state, x: with_code(x, params.W_dec),
    loss=lambda params, state, batch, key: (jnp.float32(0), (state, {})),
    takes=vectors(D),
)
PARAMS: Params = MODEL.init(jax.random.key(1))[0]
KEY = jax.random.key(2)


def examples() -> Batch:
    batches = [data.draw(SOURCE, jax.random.fold_in(KEY, i), 32) for i in range(3)]
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *batches)


@pytest.mark.parametrize("width", [None, 4])
def test_batches_together_are_scored_as_one(width: int | None) -> None:
    evaluation = recovery(model=MODEL, source=SOURCE, batch_size=32, n_batches=3, width=width)
    found = jax.jit(evaluation.measure)(PARAMS, (), KEY)
    batch = examples()
    output = jax.vmap(lambda x: with_code(x, PARAMS.W_dec))(batch.inputs)
    used = np.arange(LATENTS) < (width or LATENTS)
    alone = metrics.recovery(
        PARAMS.W_dec,
        DIRECTIONS,
        code=output.code,
        factors=batch.factors,
        inputs=batch.inputs,
        recon=output.recon,
        used=used,
    )
    names = {"l0": "code_l0", "explained_variance": "explained_variance_centred"}
    for name, value in alone.items():
        np.testing.assert_allclose(found[names.get(name, name)], value, rtol=1e-4, err_msg=name)
    assert {*found} - {names.get(name, name) for name in alone} == {*evaluation.dims}
    assert found["feature_cosine"].shape == (N,)
    assert found["latent_f1"].shape == found["latent_match"].shape == (LATENTS,)


def test_a_tied_autoencoder_is_scored_by_its_own_features() -> None:
    """Each feature is an input where the source says no more."""
    model = models.autoencoder(n_features=2, n_hidden=2)
    source = data.sparse_uniform(n_features=2, density=0.5)
    params = models.AutoencoderParams(W=jnp.array([[0.0, 2.0], [1.0, 0.0]]), b=jnp.zeros(2))
    found = recovery(model=model, source=source, batch_size=16).measure(params, (), KEY)
    assert float(found["mcc"]) == float(found["f1"]) == 1
    assert found["latent_match"].tolist() == [1, 0]


def test_a_source_without_features_and_a_model_without_decoder_are_refused() -> None:
    rows = data.examples(n_features=D, examples={"inputs": jnp.ones((3, D))})
    with pytest.raises(ArgumentError, match="^source: expected one that knows the directions"):
        recovery(model=MODEL, source=rows, batch_size=2)
    bare = MODEL._replace(init=lambda key: ({}, ()))
    with pytest.raises(ArgumentError, match="^model: expected parameters with a decoder, W_dec$"):
        recovery(model=bare, source=SOURCE, batch_size=2)
