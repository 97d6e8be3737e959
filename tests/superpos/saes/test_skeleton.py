"""What is around every architecture: widths, frames, dead latents, starts, what is measured."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import optim, saes
from superpos.saes import sparsity
from superpos.saes.inputs import geometric_median
from superpos.types import Batch

D_IN, D_CODE, WIDTH, BATCH = 5, 12, 8, 16
X = np.random.default_rng(3).normal(size=(4, BATCH, D_IN)).astype(np.float32)


def batch_of(x: Any) -> Batch:
    return Batch(inputs=jnp.asarray(x), targets=jnp.asarray(x), factors=jnp.asarray(x))


FACTORIES: dict[str, Any] = {
    "relu": lambda **kw: saes.relu(sparsity=sparsity.l1(coefficient=0.1), **kw),
    "gated": lambda **kw: saes.gated(sparsity=sparsity.l1(coefficient=0.1), **kw),
    "jumprelu": lambda **kw: saes.jumprelu(sparsity=sparsity.step(coefficient=0.1), **kw),
    "topk": lambda **kw: saes.topk(k=2, dead=saes.auxk(window=0.0), **kw),
    "abs_topk": lambda **kw: saes.abs_topk(k=2, dead=saes.auxk(window=0.0), **kw),
    "batch_topk": lambda **kw: saes.batch_topk(k=2.5, dead=saes.auxk(window=0.0), **kw),
    "matryoshka": lambda **kw: saes.matryoshka(
        k=2, prefixes=[3, 6] if kw["d_code"] == WIDTH else [3, 6, 10], **kw
    ),
    "matryoshka_relu": lambda **kw: saes.matryoshka_relu(
        prefixes=[3, 6] if kw["d_code"] == WIDTH else [3, 6, 10],
        detached=True,
        sparsity=sparsity.l1(coefficient=0.1),
        **kw,
    ),
    "matching_pursuit": lambda **kw: saes.matching_pursuit(k=3, max_iterations=3, **kw),
    "aligned": lambda **kw: saes.aligned(k=2, **kw),
}


def trained(model: Any) -> tuple[Any, Any, list[Any]]:
    """Four updates."""
    tx = optim.sae_adam(learning_rate=0.01)
    params, state = model.init(jax.random.key(5))
    moments, losses = tx.init(params), []

    @jax.jit
    def update(params: Any, state: Any, moments: Any, x: Any) -> Any:
        grad = jax.value_and_grad(model.loss, has_aux=True)
        (_, (state, measured)), grads = grad(params, state, batch_of(x), jax.random.key(0))
        steps, moments = tx.update(grads, moments, params)
        return jax.tree.map(jnp.add, params, steps), state, moments, measured

    for x in X:
        params, state, moments, measured = update(params, state, moments, x)
        losses.append(measured)
    return params, state, losses


@pytest.mark.slow
@pytest.mark.parametrize("name", FACTORIES)
def test_a_masked_member_is_the_one_without_the_other_latents(name: str) -> None:
    masked = FACTORIES[name](d_in=D_IN, d_code=D_CODE, width=WIDTH + 0.5)
    small = FACTORIES[name](d_in=D_IN, d_code=WIDTH)
    (first, state, measured), (second, alone, expected) = trained(masked), trained(small)
    for each, array in vars(second).items():
        found = getattr(first, each)
        cut = found[..., :WIDTH] if each == "W_enc" else found[: array.shape[0]]
        np.testing.assert_allclose(cut, array, rtol=1e-6, atol=1e-6, err_msg=each)
    np.testing.assert_array_equal(state.silent[:WIDTH], alone.silent)
    for ours, theirs in zip(measured, expected, strict=True):
        for each, value in theirs.items():
            np.testing.assert_allclose(ours[each], value, rtol=1e-5, atol=1e-6, err_msg=each)
    code = masked.apply(first, state, jnp.asarray(X[0, 0])).code
    assert not code[WIDTH:].any()


def test_silence_is_counted_and_ends_with_firing() -> None:
    model = saes.relu(d_in=2, d_code=2)
    params, state = model.init(jax.random.key(0))
    params = params.replace(W_enc=jnp.eye(2))
    for x, expected in (([1, -1], [0, 1]), ([-1, -1], [1, 2]), ([-1, 1], [2, 0])):
        _, (state, measured) = model.loss(
            params, state, batch_of(np.float32([x])), jax.random.key(0)
        )
        assert state.silent.tolist() == expected
    assert float(measured["l0"]) == 1


def test_explained_variance_is_that_of_the_batch() -> None:
    model = saes.topk(d_in=D_IN, d_code=D_CODE, k=2)
    params, state = model.init(jax.random.key(0))
    _, (_, measured) = model.loss(params, state, batch_of(X[0]), jax.random.key(0))
    recon = np.asarray(jax.vmap(lambda x: model.apply(params, state, x).recon)(X[0]))
    left, spread = ((X[0] - recon) ** 2).sum(), ((X[0] - X[0].mean(0)) ** 2).sum()
    np.testing.assert_allclose(1 - measured["explained_variance"], left / spread, rtol=1e-5)
    np.testing.assert_allclose(measured["mse"], left / BATCH, rtol=1e-5)
    assert measured["l0_reached"] == 1


def test_an_l0_of_topk_is_reached_that_it_trains() -> None:
    """Of k = 2.5 an example has 2, and a batch of BatchTopK 2.5 on average."""
    for make in (saes.topk, saes.batch_topk):
        model = make(d_in=D_IN, d_code=D_CODE, k=2.5)
        params, state = model.init(jax.random.key(0))
        params = params.replace(b_enc=params.b_enc + 9)
        _, (_, measured) = model.loss(params, state, batch_of(X[0]), jax.random.key(0))
        assert float(measured["l0"]) == (2 if make is saes.topk else 2.5)
        assert float(measured["l0_reached"]) == 1


def test_inputs_are_framed_by_the_first_batch() -> None:
    """A centre in the frame is a b_dec that starts there, for an optimiser, too."""
    framed = saes.relu(d_in=D_IN, d_code=D_CODE, centre="mean")
    plain = saes.relu(d_in=D_IN, d_code=D_CODE)
    params, state = framed.init(jax.random.key(0))
    mean = jnp.asarray(X[0].mean(0))
    moved, no_frame = params.replace(b_dec=mean), plain.init(jax.random.key(0))[1]
    for x in X[:2]:
        loss = jax.value_and_grad(framed.loss, has_aux=True)
        other = jax.value_and_grad(plain.loss, has_aux=True)
        (value, (state, _)), grads = loss(params, state, batch_of(x), jax.random.key(0))
        (expected, _), theirs = other(moved, no_frame, batch_of(x), jax.random.key(0))
        np.testing.assert_allclose(value, expected, rtol=1e-5)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), grads, theirs)
    np.testing.assert_allclose(state.frame.centre, mean, rtol=1e-6)
    recon = framed.apply(params, state, jnp.asarray(X[1, 0])).recon
    expected = plain.apply(moved, no_frame, jnp.asarray(X[1, 0])).recon
    np.testing.assert_allclose(recon, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("scale", "power"), [("mean_square", 2), ("mean_norm", 1)])
def test_inputs_are_scaled_to_a_norm(scale: Any, power: int) -> None:
    model = saes.relu(d_in=D_IN, d_code=D_CODE, scale=scale)
    params, state = model.init(jax.random.key(0))
    _, (state, _) = model.loss(params, state, batch_of(X[0]), jax.random.key(0))
    norms = np.linalg.norm(X[0] / float(state.frame.scale), axis=1)
    expected = 1 if power == 2 else np.sqrt(D_IN)
    np.testing.assert_allclose((norms**power).mean(), expected, rtol=1e-5)


def test_the_geometric_median_is_where_directions_cancel() -> None:
    points = np.random.default_rng(4).normal(size=(50, 3)) ** 3
    found = np.asarray(geometric_median(jnp.asarray(points, jnp.float32)))
    away = points - found
    pull = (away / np.linalg.norm(away, axis=1, keepdims=True)).sum(0)
    assert np.linalg.norm(pull) < 1e-2 * len(points)
    corner = np.asarray([[0, 0], [0, 0], [0, 0], [1, 0], [0, 1]], np.float32)
    np.testing.assert_allclose(geometric_median(jnp.asarray(corner)), [0, 0], atol=1e-3)


def test_the_geometric_median_does_not_stick_at_a_point_it_passes() -> None:
    """Three of five points are at (1, 0); the mean is the second."""
    points = jnp.asarray([[-3, 0], [0, 0], [1, 0], [1, 0], [1, 0]], jnp.float32)
    np.testing.assert_allclose(geometric_median(points), [1, 0], atol=1e-4)
    np.testing.assert_array_equal(geometric_median(jnp.full((4, 2), 3.0)), [3, 3])


@pytest.mark.parametrize("size", [1e-5, 1e5])
def test_the_geometric_median_scales_with_its_points(size: float) -> None:
    points = jnp.asarray(np.random.default_rng(4).normal(size=(50, 3)) ** 2, jnp.float32)
    found = geometric_median(size * points)
    np.testing.assert_allclose(found, size * geometric_median(points), rtol=1e-4)


def test_starts_are_those_of_the_libraries() -> None:
    for init, norm in ((saes.inits.saelens(), 0.1), (saes.inits.dictionary_learning(), 1.0)):
        model = saes.topk(d_in=64, d_code=200, k=2, init=init)
        params, _ = model.init(jax.random.key(0))
        np.testing.assert_allclose(np.linalg.norm(params.W_dec, axis=1), norm, rtol=1e-5)
        np.testing.assert_array_equal(params.W_enc, params.W_dec.T)
        assert not params.b_enc.any() and not params.b_dec.any()
        # Directions of uniform points of a cube: the largest entry of 64 is √3/8 at the most,
        # in units of the norm, to what that norm varies by.
        assert np.abs(params.W_dec).max() / norm < 1.3 * np.sqrt(3 / 64)


def test_a_start_at_the_truth_has_its_features_first() -> None:
    features = np.random.default_rng(5).normal(size=(3, D_IN))
    given = {"features": features}
    model = saes.topk(d_in=D_IN, d_code=6, k=2, init=saes.inits.truth(features=given))
    params, _ = model.init(jax.random.key(0))
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    np.testing.assert_allclose(params.W_dec[:3], unit, rtol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(params.W_dec, axis=1), 1, rtol=1e-5)
    noisy = saes.inits.truth(features=features, noise_scale=0.1)
    off = saes.topk(d_in=D_IN, d_code=3, k=2, init=noisy).init(jax.random.key(0))[0].W_dec
    cosines = (np.asarray(off) * unit).sum(1)
    assert (cosines > 0.9).all() and (cosines < 1 - 1e-6).all()


def test_dead_latents_start_anew_at_badly_reconstructed_examples() -> None:
    model = saes.topk(d_in=D_IN, d_code=D_CODE, k=2, dead=saes.resample(window=0.0))
    tx = optim.sae_adam(learning_rate=0.01, resample_every=2)
    params, state = model.init(jax.random.key(0))
    silent = params.b_enc.at[:3].set(-9.0)
    params = params.replace(b_enc=silent)
    moments = tx.init(params)
    for number, x in enumerate(X[:2]):
        grad = jax.grad(model.loss, has_aux=True)
        grads, (state, _) = grad(params, state, batch_of(x), jax.random.key(number))
        before = params
        steps, moments = tx.update(grads, moments, params, model_state=state)
        params = jax.tree.map(jnp.add, params, steps)
        if number == 0:
            assert (params.b_enc[:3] < -8).all()
    dead = np.asarray(state.resampling.dead)
    assert dead[:3].all() and not dead.all()
    rows = np.asarray(params.W_dec)[dead]
    examples = X[1] / np.linalg.norm(X[1], axis=1, keepdims=True)
    assert (np.abs(rows[:, None] - examples[None]).max(-1).min(-1) < 1e-6).all()
    columns = np.linalg.norm(before.W_enc, axis=0)
    new = np.linalg.norm(params.W_enc, axis=0)
    np.testing.assert_allclose(new[dead], 0.2 * columns[~dead].mean(), rtol=1e-5)
    np.testing.assert_allclose(np.asarray(params.b_enc)[dead], 0, atol=1e-6)
    for leaf in jax.tree.leaves(moments):
        if leaf.shape == (D_CODE,):
            assert not np.asarray(leaf)[dead].any()


RESAMPLED: dict[str, Any] = {
    "relu": lambda **kw: saes.relu(sparsity=sparsity.l1(coefficient=0.1), **kw),
    "gated": lambda **kw: saes.gated(sparsity=sparsity.l1(coefficient=0.1), **kw),
    "jumprelu": lambda **kw: saes.jumprelu(init_threshold=0.25, **kw),
}


def resampled_once(model: Any, n_used: int) -> tuple[Any, Any]:
    """Parameters and moments after an update in which latent 2 starts anew."""
    tx = optim.sae_adam(learning_rate=0.01, resample_every=1)
    params, state = model.init(jax.random.key(0))
    columns = params.W_enc * (1 + jnp.arange(params.W_enc.shape[1]))[None]
    own = {each: params.__dict__[each].at[2].set(-9.0) for each in state.resampling.starts}
    params = params.replace(W_enc=columns, **own)
    state = state.replace(silent=state.silent.at[2].set(5))
    grads, (state, _) = jax.grad(model.loss, has_aux=True)(
        params, state, batch_of(X[0]), jax.random.key(1)
    )
    assert state.resampling.dead.tolist() == [i == 2 for i in range(columns.shape[1])]
    assert int(state.resampling.used.sum()) == n_used
    steps, moments = tx.update(grads, tx.init(params), params, model_state=state)
    return jax.tree.map(jnp.add, params, steps), moments


@pytest.mark.parametrize("name", RESAMPLED)
def test_every_parameter_of_a_dead_latent_starts_anew(name: str) -> None:
    model = RESAMPLED[name](d_in=D_IN, d_code=D_CODE, dead=saes.resample(window=0.0))
    params, moments = resampled_once(model, D_CODE)
    for each, array in vars(params).items():
        if array.shape == (D_CODE,):
            start = 0.25 if each == "threshold" else 0
            np.testing.assert_allclose(array[2], start, atol=1e-5, err_msg=each)
    rows = [leaf for leaf in jax.tree.leaves(moments) if leaf.shape in ((D_CODE,), (D_CODE, D_IN))]
    assert len(rows) >= 4
    for leaf in rows:
        assert not leaf[2].any()


def test_latents_that_are_not_in_use_give_a_new_one_nothing() -> None:
    """Width 6 of 24 is width 6 alone after a new start, too."""
    six = {"d_in": D_IN, "dead": saes.resample(window=0.0)}
    masked, _ = resampled_once(RESAMPLED["relu"](d_code=24, width=6, **six), 6)
    alone, _ = resampled_once(RESAMPLED["relu"](d_code=6, **six), 6)
    np.testing.assert_allclose(masked.W_enc[:, :6], alone.W_enc, rtol=1e-6)
    np.testing.assert_allclose(masked.W_dec[:6], alone.W_dec, rtol=1e-6)
