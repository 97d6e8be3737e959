"""A bad member, in any way, with any optimiser, at any place of a chunk, harms no other."""

import inspect
from collections import defaultdict

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from experiments.gauge.gram import gram
from experiments.registry import REGISTRY
from superpos import data, models
from superpos.data import stateless
from superpos.train import FitSpec, sweep, training


def of_registry(factory):
    """Learning rate -> transformation, with 0.01 for whatever else has no default."""
    parameters = inspect.signature(factory).parameters.values()
    needed = [each.name for each in parameters if each.default is each.empty]
    return lambda rate: factory(**{**dict.fromkeys(needed, 0.01), "learning_rate": rate})


OPTIMISERS = {
    **{name: of_registry(factory) for name, factory in REGISTRY["optim"].items()},
    "global norm": lambda rate: optax.chain(optax.clip_by_global_norm(1.0), optax.adam(rate)),
    "adaptive clip": lambda rate: optax.chain(optax.adaptive_grad_clip(0.1), optax.sgd(rate)),
    "update norm": lambda rate: optax.chain(optax.normalize_by_update_norm(), optax.sgd(rate)),
    "lamb": optax.lamb,
}
"""Learning rate -> transformation. What is chained here reads all of the parameters it is given."""
MODELS = defaultdict(lambda: models.autoencoder, gram_sgd=gram)
"""Optimiser -> the model that it trains."""
KINDS = ["update nan", "update inf", "update 1e33", "init inf", "data nan"]
RATES = [1e-3, 3e-3, 1e-2, 3e-2]
WIDTH = len(RATES)
GOOD, ALL_BAD = [0] * WIDTH, [1, 2, 3, 5]
CHUNKS = [
    GOOD,
    *[
        [kind * (at == place) for at in range(WIDTH)]
        for kind in range(1, 6)
        for place in range(WIDTH)
    ],
    ALL_BAD,
]
"""What is wrong with each member of each chunk: a number from 1 is one of KINDS."""


def matrix_of(params):
    return params.G if hasattr(params, "G") else params.W


def make_build(optimiser):
    def build(point):
        kind = point["kind"]

        def spoilt(number, value, instead):
            return jnp.where(kind == number, jnp.float32(instead), value)

        # Of the updates, as a rate that cannot be is refused before anything is trained.
        factor = spoilt(1, 1.0 + 0.0 * point["number"], jnp.nan)
        factor = spoilt(3, spoilt(2, factor, jnp.inf), 1e33)
        model = MODELS[optimiser](n_features=3, n_hidden=2)
        source = data.sparse_uniform(n_features=3, density=0.9)

        def init(key):
            params, state = model.init(key)
            return jax.tree.map(lambda leaf: spoilt(4, leaf, jnp.inf), params), state

        def sample(key, batch_size):
            return jax.tree.map(
                lambda leaf: spoilt(5, leaf, jnp.nan), data.draw(source, key, batch_size)
            )

        return training(
            model=model._replace(init=init),
            source=stateless(sample),
            tx=optax.chain(OPTIMISERS[optimiser](point["learning_rate"]), optax.scale(factor)),
            probe=lambda params, state, key: {"norms": jnp.sum(matrix_of(params) ** 2, axis=-1)},
            spec=FitSpec(n_steps=6, batch_size=8, log_every=3),
        )

    return build


@pytest.fixture(scope="module", params=OPTIMISERS)
def swept(request):
    """Name -> results of all members, (chunks, members of a chunk, ...)."""
    n = len(CHUNKS)
    axes = {
        "number": np.repeat(np.arange(n), WIDTH),  # so that all points are distinct
        "kind": np.ravel(CHUNKS),
        "learning_rate": np.tile(RATES, n),
    }
    dataset = sweep(
        make_build(request.param), key=jax.random.key(3), axes=axes, zipped=[[*axes]], chunk=WIDTH
    )
    assert '"width": "[1, 4]"' in dataset.attrs["fingerprint"]
    return {
        str(name): array.values.reshape(n, WIDTH, *array.shape[1:])
        for name, array in dataset.data_vars.items()
    }


@pytest.mark.slow
def test_the_neighbours_of_a_bad_member_do_not_change_by_a_bit(swept):
    assert (swept["status"][0] == "ok").all()
    for number, kinds in enumerate(CHUNKS):
        for place in np.flatnonzero(np.equal(kinds, 0)):
            for name, values in swept.items():
                same = values[number, place].tobytes() == values[0, place].tobytes()
                assert same, (name, kinds, place)


@pytest.mark.slow
def test_a_bad_member_is_frozen_where_it_was(swept):
    places = [
        (n, at, kind) for n, kinds in enumerate(CHUNKS) for at, kind in enumerate(kinds) if kind
    ]
    assert len(places) == len(KINDS) * WIDTH + WIDTH
    for number, place, kind in places:
        case = KINDS[kind - 1], place
        step = swept["diverged_step"][number, place]
        assert swept["status"][number, place] == f"diverged@{step}", case
        # A factor of 1e33 takes one finite step far away; all else is wrong from the first.
        assert step in ([1, 2] if kind == 3 else [1]), case
        W = swept["G" if "G" in swept else "W"][number, place]
        assert np.isfinite(W).all() != (kind == 4), case
        assert (np.abs(W) < 10).all() == (step == 1 and kind != 4), case
        assert np.isnan(swept["train_loss"][number, place]).all(), case


@pytest.mark.slow
def test_clipping_over_all_members_at_once_is_found_to_spread():
    """The test of the tests: what a trainer of stacked members would do."""
    gradients = jnp.ones((WIDTH, 3)).at[0].set(jnp.nan)
    clip = optax.clip_by_global_norm(1.0)
    stacked, _ = clip.update(gradients, clip.init(gradients))
    assert np.isnan(stacked).all()
    mapped, _ = jax.vmap(clip.update)(gradients, jax.vmap(clip.init)(gradients))
    assert np.isfinite(mapped[1:]).all()
