"""Recovery of known features by a model, against the metrics on the same examples."""

from typing import Any

import flax.struct
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import data, metrics, models, saes
from superpos.arguments import ArgumentError
from superpos.evaluations import recovery
from superpos.types import Array, Batch, Model, Output, Params, vectors
from tests.superpos.saes import reference

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


def numpy_scores(code: np.ndarray, params: dict[str, np.ndarray]) -> dict[str, float]:
    """Of a code whose latents are ranked by the norms of decoder rows."""
    batch, truth = examples(), DIRECTIONS.astype(float)
    unit = params["W_dec"] / reference.norms(params["W_dec"])[:, None]
    match = np.abs(unit @ truth.T / reference.norms(truth)).argmax(1)
    fires, on = code > 0, np.asarray(batch.factors)[:, match] > 0
    n_right, n_wrong = (fires & on).sum(0), (fires != on).sum(0)
    inputs = np.asarray(batch.inputs, float)
    left = ((inputs - reference.decode(params, code)) ** 2).sum()
    return {
        "f1": (2 * n_right / (2 * n_right + n_wrong)).mean(),
        "code_l0": fires.sum(1).mean(),
        "explained_variance_centred": 1 - left / ((inputs - inputs.mean(0)) ** 2).sum(),
    }


@pytest.mark.parametrize("architecture", ["batch_topk", "matryoshka"])
def test_latents_are_chosen_in_a_batch_or_by_the_threshold(architecture: str) -> None:
    """Batches of 32 are scored as SynthSAEBench does: 48 latents in each, however they spread."""
    own: dict[str, Any] = {"prefixes": [2]} if architecture == "matryoshka" else {}
    model = getattr(saes, architecture)(d_in=D, d_code=LATENTS, k=1.5, **own)
    params, state = model.init(KEY)
    state = state.replace(threshold=jnp.float32(0.02))
    arrays = {name: np.asarray(value, float) for name, value in vars(params).items()}
    batches = np.split(np.asarray(examples().inputs, float), 3)
    pre = np.concatenate([reference.ranked(arrays, x) for x in batches])
    codes = {
        "batch": np.concatenate([reference.batch_topk_code(arrays, x, 1.5) for x in batches]),
        "threshold": np.where(pre > 0.02, pre, 0),
    }
    assert ((codes["batch"] > 0) != (codes["threshold"] > 0)).any()
    for selection, code in codes.items():
        evaluation = recovery(
            model=model, source=SOURCE, batch_size=32, n_batches=3, selection=selection
        )
        found = jax.jit(evaluation.measure)(params, state, KEY)
        for name, value in numpy_scores(code, arrays).items():
            np.testing.assert_allclose(found[name], value, rtol=1e-4, err_msg=f"{selection} {name}")


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


def test_latents_that_the_model_has_not_in_use_do_not_count() -> None:
    """A swept width is scored as the model of that many latents."""

    def scores(n_latents: int, width: Any = None) -> dict[str, Array]:
        model = saes.topk(d_in=D, d_code=n_latents, k=2, width=width)
        evaluation = recovery(model=model, source=SOURCE, batch_size=16)
        return evaluation.measure(*model.init(KEY), KEY)

    swept = jax.jit(jax.vmap(lambda width: scores(LATENTS, width)))(jnp.array([3.0, LATENTS]))
    for place, width in enumerate([3, LATENTS]):
        for name, value in scores(width).items():
            found = swept[name][place]
            found = found[:width] if name.startswith("latent_") and found.ndim else found
            np.testing.assert_allclose(found, value, rtol=1e-5, atol=1e-6, err_msg=name)


def test_more_latents_than_there_are_are_refused() -> None:
    with pytest.raises(ArgumentError, match="^width=7: expected at most the 6 latents of the mod"):
        recovery(model=MODEL, source=SOURCE, batch_size=2, width=7)
