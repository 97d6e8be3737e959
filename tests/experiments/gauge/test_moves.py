"""Networks moved by hand: what is exact, what changes, and that a slip would be seen."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy
import xarray

from experiments.gauge import digits
from experiments.gauge.scale import moves
from experiments.gauge.scale.networks import Networks, is_classifier, networks
from experiments.gauge.scale.times_alpha import ALPHAS, CURVE, biased_decisions, scaled
from superpos import data, models, random
from superpos.data import stateless
from superpos.train import NoMemberError
from superpos.types import Batch
from tests.stored import config_text

N, H, K, SEEDS = 6, 4, 3, 2
RNG = np.random.default_rng(0)
X, TARGETS = RNG.normal(size=(40, N)), np.eye(K)[RNG.integers(K, size=40)]


def found_of(bias: bool = False, n_layers: int = 1) -> Networks:
    sizes = [N, *[H] * n_layers, K]
    rng = np.random.default_rng(n_layers)
    weights = tuple(
        jnp.asarray(rng.normal(size=(SEEDS, *pair)))
        for pair in zip(sizes[:-1], sizes[1:], strict=True)
    )
    biases = tuple(jnp.asarray(rng.normal(size=(SEEDS, size))) for size in sizes[1:] * bias)
    return Networks(
        models.mlp(n_features=N, n_hidden=H, n_outputs=K, n_layers=n_layers, bias=bias),
        models.MlpParams(weights=weights, biases=biases),
        jnp.asarray(X),
        jnp.asarray(TARGETS),
    )


def outputs(found: Networks, seed: int) -> np.ndarray:
    h, biases = X, found.params.biases or [np.zeros((SEEDS, 1))] * len(found.params.weights)
    for at, (W, b) in enumerate(zip(found.params.weights, biases, strict=True)):
        h = h @ np.asarray(W[seed]) + np.asarray(b[seed])
        h = np.maximum(h, 0) if at < len(biases) - 1 else h
    return h


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("n_layers", [1, 2])
def test_scaled_weights_leave_decisions_and_not_the_loss(n_layers: int) -> None:
    found = found_of(n_layers=n_layers)
    seen = scaled(found)
    assert seen.features.max() < 1e-13 and seen.outputs.max() < 1e-13
    assert not seen.decisions.any()
    for seed in range(SEEDS):
        z = outputs(found, seed)
        right = (z.argmax(-1) == TARGETS.argmax(-1)).mean()
        assert seen.accuracy[seed] == pytest.approx(right)

        def loss(alpha: float, z: np.ndarray = z) -> float:
            return -(TARGETS * scipy.special.log_softmax(alpha * z, axis=-1)).sum(-1).mean()

        factors = [a**k for a in ALPHAS for k in (1, n_layers + 1)]
        worst = max(abs(loss(factor) / loss(1) - 1) for factor in factors)
        assert seen.loss[seed] == pytest.approx(worst, rel=1e-10)
        features, decided, losses = seen.curve[seed]
        np.testing.assert_allclose(features, CURVE**2, rtol=1e-12)
        assert (decided == 1).all()
        np.testing.assert_allclose(losses, [loss(a) / loss(1) for a in CURVE], rtol=1e-10)


@pytest.mark.usefixtures("x64")
def test_with_biases_scaled_weights_do_not_leave_the_outputs() -> None:
    """The same measure on networks for which it is false."""
    seen = scaled(found_of(bias=True))
    assert seen.features.max() < 1e-13
    assert seen.outputs.min() > 0.01
    assert seen.decisions.max() >= 1
    assert np.ptp(seen.curve[:, 1]) > 0


@pytest.mark.usefixtures("x64")
def test_biases_have_to_be_scaled_from_their_layer_on() -> None:
    found = found_of(bias=True, n_layers=2)
    alone, together = biased_decisions(found)
    assert together.tolist() == [0, 0]
    for seed in range(SEEDS):
        before = outputs(found, seed).argmax(-1)
        changed = []
        for alpha in ALPHAS:
            first, *others = found.params.weights
            params = dataclasses.replace(found.params, weights=(alpha * first, *others))
            after = outputs(found._replace(params=params), seed).argmax(-1)
            changed.append((after != before).sum())
        assert alone[seed] == max(changed) > 0


@pytest.fixture(scope="module")
def changes() -> moves.Changes:
    with jax.enable_x64(True):
        return moves.changes_of(found_of(), random.key(0))


SYMMETRIES = {
    "unit permutation": {"activation dimensions": 0, "dimensionality": 0},
    "unit rescaling": {"activation dimensions": 1, "dimensionality": 1},
    "scale of layer 1": {"probabilities": 1, "outputs": 1, "dimensionality": 0},
    "scale of layer 2": {"probabilities": 1, "outputs": 1, "features per dimension": 0},
    "logit shift": {"probabilities": 0, "outputs": 1},
    "rotation": {"outputs": 1, "response dimensionality": 1, "dimensionality": 0},
}
"""Group -> what changes (1) and what does not (0)."""


@pytest.mark.slow
def test_each_group_changes_what_it_should(changes: moves.Changes) -> None:
    assert set(changes) == set(SYMMETRIES)
    for group, expected in SYMMETRIES.items():
        for what, does in expected.items():
            assert changes[group][what].shape == (SEEDS,)
            assert ((changes[group][what] > 1e-3) == does).all(), (group, what)
            assert does or (changes[group][what] < 1e-12).all()


@pytest.mark.slow
def test_the_outputs_that_are_seen_are_those_of_the_model() -> None:
    with jax.enable_x64(True):
        found = found_of()
        params = jax.tree.map(lambda leaf: leaf[1], found.params)
        seen = moves._seen(params, found.inputs)
    np.testing.assert_allclose(seen["outputs"], outputs(found, 1), rtol=1e-12)


@pytest.mark.usefixtures("x64")
def test_unit_features_of_every_network() -> None:
    np.testing.assert_allclose(moves.unit_features(found_of()), np.ones(SEEDS))


# Networks from a store


DATA = {
    "examples": {},
    "labelled": {
        "data.n_features": 64,
        "data.data.density": 0.5,
        "data.n_classes": 10,
        "data.teacher_seed": 4,
    },
}


def dataset(data: str, status: list[str], bias: bool) -> xarray.Dataset:
    rng = np.random.default_rng(0)
    n, h, k = 64, 3, 10
    sizes = {"weights.0": (n, h), "weights.1": (h, k)} | (
        {"biases.0": (h,), "biases.1": (k,)} if bias else {}
    )
    arrays = {
        name: (("seed", *(f"{name}_{i}" for i in range(len(size)))), rng.normal(size=(2, *size)))
        for name, size in sizes.items()
    }
    found = xarray.Dataset({**arrays, "status": (("seed",), status)})
    model = {"model.n_hidden": h, "model.n_outputs": k, "model.bias": bias}
    found.attrs["config"] = config_text(f"data={data}", "model=mlp", **model, **DATA[data])
    return found


@pytest.mark.parametrize("bias", [True, False])
def test_networks_are_those_that_finished_with_digits_that_were_held_out(bias: bool) -> None:
    source = dataset("examples", ["diverged@3", "ok"], bias)
    assert is_classifier(source)
    with jax.enable_x64(True):
        found = networks(source)
    for at, W in enumerate(found.params.weights):
        np.testing.assert_array_equal(W, source[f"weights.{at}"].to_numpy()[1:])
        assert W.dtype == jnp.float64
    assert len(found.params.biases) == 2 * bias
    images, labels = digits.load("test")
    np.testing.assert_array_equal(found.inputs, images)
    np.testing.assert_array_equal(np.argmax(found.targets, -1), labels)


@pytest.mark.slow
def test_features_have_the_labels_of_the_teacher_of_the_run() -> None:
    with jax.enable_x64(True):
        found = networks(dataset("labelled", ["ok", "ok"], False))
    x = jnp.asarray(np.asarray(found.inputs), jnp.float32)
    same = stateless(lambda key, size: Batch(inputs=x[:size], targets=x[:size], factors=x[:size]))
    for seed, right in ((4, True), (5, False)):
        teacher = data.labelled(n_features=64, data=same, n_classes=10, teacher_seed=seed)
        labels = data.draw(teacher, jax.random.key(0), len(x)).targets
        assert np.array_equal(labels, found.targets) == right


def test_without_a_finished_member_there_are_no_networks() -> None:
    with pytest.raises(NoMemberError, match="no finished classifier"):
        networks(dataset("examples", ["diverged@1", "diverged@1"], False))
