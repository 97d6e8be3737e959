"""Autoencoders that learn nothing, or little: what stays where it starts, by hand and in a run."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from superpos import data, optim, saes
from superpos.arguments import ArgumentError
from superpos.optim.frozen import frozen_at, near_start
from superpos.train import FitSpec, fit

RNG = np.random.default_rng(1)
PARAMS = {
    "W_enc": jnp.asarray(RNG.normal(size=(4, 3)), jnp.float32),
    "W_dec": jnp.asarray(RNG.normal(size=(3, 4)), jnp.float32),
    "b_dec": jnp.zeros(4),
}
GRADS = jax.tree.map(lambda leaf: jnp.sin(3 * leaf) + 0.5, PARAMS)


def steps_of(tx: optax.GradientTransformation, grads: Any = GRADS) -> Any:
    return tx.update(grads, tx.init(PARAMS), PARAMS)[0]


@pytest.mark.parametrize(
    ("frozen", "still"),
    [("decoder", {"W_dec"}), ("encoder", {"W_enc"}), ("everything", set(PARAMS))],
)
def test_what_is_frozen_stays_and_the_rest_moves_as_without_it(
    frozen: Any, still: set[str]
) -> None:
    """Its gradient counts for nothing: the others are clipped as if it was 0."""
    common = {"learning_rate": 0.1, "eps": 1e6}  # so that Adam sees how long gradients are
    steps = steps_of(optim.sae_adam(frozen=frozen, decoder="unit", **common))
    others = {name: leaf * (name not in still) for name, leaf in GRADS.items()}
    expected = steps_of(optim.sae_adam(decoder="unit", **common), others)
    for name in PARAMS:
        if name in still:
            np.testing.assert_array_equal(steps[name], 0)
        else:
            assert np.abs(steps[name]).max() > 0
            np.testing.assert_allclose(steps[name], expected[name], rtol=1e-6)


def test_rows_that_leave_their_cone_are_turned_back_to_its_rim() -> None:
    """By 60 degrees at most: one of 45 stays, one of 90 is turned back by 30, of the same norm."""
    start = {"W_dec": jnp.array([[2.0, 0.0], [2.0, 0.0], [0.0, 0.0], [1.0, 0.0]])}
    after = np.array([[3.0, 3.0], [0.0, 4.0], [5.0, 1.0], [-1.0, 0.0]])
    grads = {"W_dec": start["W_dec"] - after}
    tx = near_start(optax.sgd(1.0), "W_dec", 0.5)
    state = tx.init(start)
    steps, state = tx.update(grads, state, start)
    found = np.asarray(start["W_dec"] + steps["W_dec"])
    np.testing.assert_allclose(found[0], [3, 3], rtol=1e-6)
    np.testing.assert_allclose(found[1], [4 * 0.5, 4 * 0.75**0.5], rtol=1e-6)
    np.testing.assert_allclose(found[2], [5, 1], rtol=1e-6)  # it has no direction to stay near
    np.testing.assert_allclose(found[3], [1, 0], rtol=1e-6)  # no way is the shortest: to the start
    # The cone is round the start, and not round where the row is now.
    params = optax.apply_updates(start, steps)
    steps, _ = tx.update(jax.tree.map(lambda leaf: 0 * leaf, grads), state, params)
    np.testing.assert_allclose(steps["W_dec"], 0, atol=1e-6)


def test_a_soft_frozen_decoder_keeps_its_cosine_in_a_run() -> None:
    """Free, rows turn further; and what is frozen altogether is where each run starts."""
    source, key = data.sparse_uniform(n_features=5, density=0.3), jax.random.key(0)
    spec = FitSpec(n_steps=60, batch_size=32, log_every=60)

    def rows(**given: Any) -> jax.Array:
        model = saes.topk(d_in=5, d_code=8, k=2)
        tx = optim.sae_adam(learning_rate=0.1, **given)
        W = fit(key, model=model, source=source, tx=tx, spec=spec).params.W_dec
        return W / jnp.linalg.norm(W, axis=1, keepdims=True)

    start = rows(frozen="everything")
    assert float((rows() * start).sum(1).min()) < 0.5
    cosines = (rows(least_cosine=0.8) * start).sum(1)
    assert float(cosines.min()) == pytest.approx(0.8, abs=1e-4)


def test_a_unit_decoder_may_be_soft_frozen() -> None:
    start = {"W_dec": jnp.array([[1.0, 0.0], [0.0, 1.0]])}
    tx = optim.sae_adam(learning_rate=10.0, decoder="unit", least_cosine=0.8)
    steps, _ = tx.update({"W_dec": jnp.ones((2, 2))}, tx.init(start), start)
    found = start["W_dec"] + steps["W_dec"]
    np.testing.assert_allclose(found, [[0.8, -0.6], [-0.6, 0.8]], rtol=1e-5)


def test_what_is_frozen_is_there_and_nothing_else_moves_it() -> None:
    with pytest.raises(ArgumentError, match="^frozen: expected a model with the parameters W_enc$"):
        optim.sae_adam(learning_rate=0.1, frozen="encoder").init({"W_dec": jnp.ones((2, 2))})
    with pytest.raises(ArgumentError, match="^frozen: expected a model with the parameters W_dec$"):
        near_start(optax.sgd(1.0), "W_dec", 0.5).init({"W": jnp.ones((2, 2))})
    frozen_at(optax.sgd(1.0), None).init({"W": jnp.ones((2, 2))})
    with pytest.raises(ArgumentError, match="^least_cosine=0.8: expected none, as frozen=decoder$"):
        optim.sae_adam(learning_rate=0.1, frozen="decoder", least_cosine=0.8)
    for given in ({"frozen": "encoder"}, {"least_cosine": 0.8}):
        with pytest.raises(ArgumentError, match="^resample_every=5: expected none, as weights"):
            optim.sae_adam(learning_rate=0.1, resample_every=5, **given)
