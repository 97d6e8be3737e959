"""What varies of the autoencoder, against NumPy in float64, and what the default compiles to."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy

from superpos.models import AutoencoderParams, autoencoder, inits, regularisers
from superpos.models.errors import power, squared
from superpos.models.regularisers import l1_code, l1_weights
from superpos.models.regularisers.base import chain, changed
from superpos.models.tied import tied_map
from superpos.types import Array, Batch, Key, Model

N, M, BATCH = 5, 3, 7
NOISE = regularisers.noise(noise_scale=0.5)
RNG = np.random.default_rng(0)
W, B = RNG.normal(size=(N, M)), 0.3 * RNG.normal(size=N)
X, TARGET = RNG.uniform(-1, 1, size=(BATCH, N)), RNG.uniform(-1, 1, size=(BATCH, N))


def numpy_activation(name: str, pre: np.ndarray) -> np.ndarray:
    """Of neurons in the last dimension."""
    if name == "solu":
        weights = np.exp(pre)
        return pre * weights / weights.sum(-1, keepdims=True)
    return {
        "linear": pre,
        "relu": np.maximum(pre, 0),
        "gelu": pre * (1 + scipy.special.erf(pre / np.sqrt(2))) / 2,
    }[name]


def numpy_error(
    *, activation: str = "relu", hidden: str = "linear", bias: bool = True, exponent: float = 2
) -> np.ndarray:
    """|target - recon|^q, float64 (BATCH, N)."""
    code = numpy_activation(hidden, X @ W)
    recon = numpy_activation(activation, code @ W.T + (B if bias else 0))
    return np.abs(TARGET - recon) ** exponent


def params_of(W: np.ndarray, b: np.ndarray) -> AutoencoderParams:
    return AutoencoderParams(W=jnp.asarray(W, jnp.float32), b=jnp.asarray(b, jnp.float32))


def batch_of(inputs: np.ndarray, targets: np.ndarray) -> Batch:
    arrays = jnp.asarray(inputs, jnp.float32), jnp.asarray(targets, jnp.float32)
    return Batch(inputs=arrays[0], targets=arrays[1], factors=arrays[0])


def loss_of(model: Model, key: int = 0, params: AutoencoderParams | None = None) -> Array:
    given = params_of(W, B) if params is None else params
    return model.loss(given, (), batch_of(X, TARGET), jax.random.key(key))[0]


def model_of(**options: Any) -> Model:
    return autoencoder(n_features=N, n_hidden=M, **options)


@pytest.mark.parametrize("activation", ["relu", "linear", "gelu"])
@pytest.mark.parametrize("hidden", ["linear", "relu", "gelu", "solu"])
def test_activations_agree_with_numpy(activation: str, hidden: str) -> None:
    model = model_of(activation=activation, hidden_activation=hidden)
    expected = numpy_error(activation=activation, hidden=hidden).sum(-1).mean()
    np.testing.assert_allclose(loss_of(model), expected, rtol=1e-5)
    output = model.apply(params_of(W, B), (), jnp.float32(X[0]))
    code = numpy_activation(hidden, X[0] @ W)
    np.testing.assert_allclose(output.code, code, rtol=1e-5, atol=1e-6)
    recon = numpy_activation(activation, code @ W.T + B)
    np.testing.assert_allclose(output.recon, recon, rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_without_a_bias_nothing_reads_or_trains_it() -> None:
    model = model_of(bias=False)
    expected = numpy_error(bias=False).sum(-1).mean()
    np.testing.assert_allclose(loss_of(model), expected, rtol=1e-5)
    grads = jax.grad(lambda params: loss_of(model, params=params))(params_of(W, B))
    assert not grads.b.any()
    assert grads.W.all()
    assert not model.init(jax.random.key(0))[0].b.any()
    recon = model.apply(params_of(W, B), (), jnp.float32(X[0])).recon
    np.testing.assert_allclose(recon, np.maximum(W @ W.T @ X[0], 0), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("exponent", [1.0, 2.0, 2.5, 4.0, 8.0])
def test_the_power_of_the_error_agrees_with_numpy(exponent: float) -> None:
    expected = numpy_error(exponent=exponent).sum(-1).mean()
    np.testing.assert_allclose(
        loss_of(model_of(error=power(loss_exponent=exponent))), expected, rtol=1e-5
    )


def test_the_sum_over_a_batch_is_its_size_times_the_mean() -> None:
    options = {"regularisers": [l1_code(l1_coefficient=0.3)], "hidden_activation": "relu"}
    mean = loss_of(model_of(**options))
    summed = loss_of(model_of(error=squared(reduction="sum"), **options))
    np.testing.assert_allclose(summed, BATCH * mean, rtol=1e-6)


def test_penalties_agree_with_numpy() -> None:
    error = numpy_error(hidden="relu").sum(-1).mean()
    code = np.abs(np.maximum(X @ W, 0)).sum(-1).mean()
    both = [l1_code(l1_coefficient=0.3), l1_weights(l1_coefficient=0.07)]
    model = model_of(hidden_activation="relu", regularisers=both)
    expected = error + 0.3 * code + 0.07 * np.abs(W).sum()
    np.testing.assert_allclose(loss_of(model), expected, rtol=1e-5)
    linear = model_of(regularisers=both[:1])
    expected = numpy_error().sum(-1).mean() + 0.3 * np.abs(X @ W).sum(-1).mean()
    np.testing.assert_allclose(loss_of(linear), expected, rtol=1e-5)


def test_importance_falls_as_a_power_times_the_series_times_what_is_given() -> None:
    given = [1.0, 0.0, 2.0, 0.5, 3.0]
    error = squared(importance_power=1.5, importance=given)
    model = model_of(importance_decay=0.8, error=error)
    importance = np.arange(1, N + 1) ** -1.5 * 0.8 ** np.arange(N) * given
    expected = (numpy_error() @ importance).mean()
    np.testing.assert_allclose(loss_of(model), expected, rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("noise", ["gaussian", "bernoulli"])
def test_noise_on_the_code_has_its_moments(noise: Any) -> None:
    """With a linear output the extra loss is σ²‖W‖² on average, and that of no noise at σ = 0."""
    clean = numpy_error(activation="linear").sum(-1).mean()

    def noisy(scale: float) -> Model:
        chosen = regularisers.noise(noise_scale=scale, distribution=noise)
        return model_of(activation="linear", regularisers=[chosen])

    silent = noisy(0.0)
    np.testing.assert_allclose(loss_of(silent), clean, rtol=1e-5)
    model = noisy(0.5)
    keys = jax.random.split(jax.random.key(1), 4000)
    batch = batch_of(X, TARGET)
    losses = jax.vmap(lambda key: model.loss(params_of(W, B), (), batch, key)[0])(keys)
    extra, error = losses.mean() - clean, losses.std() / np.sqrt(len(keys))
    assert abs(extra - 0.25 * (W**2).sum()) < 5 * error
    assert losses.std() > 0.1


@pytest.mark.slow
def test_noise_is_gaussian_or_two_valued() -> None:
    """Seen through one feature, one neuron and weight 1: the error is the noise itself."""

    def noise_of(noise: Any) -> np.ndarray:
        chosen = regularisers.noise(noise_scale=0.5, distribution=noise)
        model = autoencoder(n_features=1, n_hidden=1, activation="linear", regularisers=[chosen])
        zero = batch_of(np.zeros((1, 1)), np.zeros((1, 1)))
        params = params_of(np.ones((1, 1)), np.zeros(1))

        def gradient_of_bias(key: Key) -> Array:  # -2 (target - recon) = 2 noise
            return jax.grad(lambda p: model.loss(p, (), zero, key)[0])(params).b[0] / 2

        return np.asarray(jax.vmap(gradient_of_bias)(jax.random.split(jax.random.key(2), 5000)))

    assert scipy.stats.kstest(noise_of("gaussian"), scipy.stats.norm(0, 0.5).cdf).pvalue > 1e-5
    values, counts = np.unique(noise_of("bernoulli"), return_counts=True)
    np.testing.assert_array_equal(values, [-0.5, 0.5])
    assert abs(counts[0] - 2500) < 5 * np.sqrt(5000) / 2


def test_noise_is_a_function_of_the_key_and_no_part_of_apply() -> None:
    model = model_of(regularisers=[NOISE])
    assert loss_of(model, key=1) == loss_of(model, key=1) != loss_of(model, key=2)
    x = jnp.float32(X[0])
    first, second = (m.apply(params_of(W, B), (), x).recon for m in (model, model_of()))
    np.testing.assert_array_equal(first, second)


def test_of_several_hooks_each_has_a_key_of_its_own() -> None:
    """Two noises of one shape add up to one of twice the variance, not to twice the same one."""
    code = jnp.zeros((M, 4000))
    params = params_of(W, B)
    once, twice = (
        changed(chain(*[NOISE] * n).on_code, code, params, jax.random.key(3)) for n in (1, 2)
    )
    np.testing.assert_allclose(np.std(once), 0.5, rtol=0.03)
    np.testing.assert_allclose(np.std(twice), 0.5 * np.sqrt(2), rtol=0.03)
    assert changed((), code, params, jax.random.key(3)) is code
    assert chain() == regularisers.Regulariser()


def test_an_attack_before_the_noise_leaves_the_noise_a_key_of_its_own() -> None:
    """Attacks of norm 0 change nothing, so the loss is that of the noise from the second key."""
    still = regularisers.attack(attack_norm=0.0)
    _, key_noise = jax.random.split(jax.random.key(7))
    both, alone = model_of(regularisers=[still, NOISE]), model_of(regularisers=[NOISE])
    expected = alone.loss(params_of(W, B), (), batch_of(X, TARGET), key_noise)[0]
    np.testing.assert_allclose(loss_of(both, key=7), expected, rtol=1e-6)


def test_incidental_polysemanticity_can_be_expressed() -> None:
    """Lecomte et al. 2023: Σ over a batch that is the identity of ‖x - ReLU(W Wᵀx)‖² + λ‖W‖₁."""
    penalty, error = l1_weights(l1_coefficient=0.01), squared(reduction="sum")
    model = model_of(bias=False, init=inits.unit(), error=error, regularisers=[penalty])
    expected = ((np.eye(N) - np.maximum(W @ W.T, 0)) ** 2).sum() + 0.01 * np.abs(W).sum()
    identity = batch_of(np.eye(N), np.eye(N))
    loss, _ = model.loss(params_of(W, B), (), identity, jax.random.key(0))
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


@pytest.mark.parametrize(
    "options",
    [
        {"bias": False},
        {"activation": "gelu"},
        {"hidden_activation": "relu"},
        {"error": squared(importance_power=1.0)},
        {"error": squared(reduction="sum")},
        {"error": power(loss_exponent=2.0)},
        {"regularisers": [l1_code(l1_coefficient=0.1)]},
        {"regularisers": [l1_weights(l1_coefficient=0.1)]},
        {"regularisers": [regularisers.attack(attack_norm=0.1)]},
        {"regularisers": [NOISE]},
    ],
    ids=lambda options: "-".join(options),
)
def test_no_option_has_columns(options: dict[str, Any]) -> None:
    assert model_of(**options).loss_columns is None
    assert model_of(regularisers=[], error=squared(importance=[1.0] * N)).loss_columns is not None


# What the components cost where they are not used


def plain_loss(params: AutoencoderParams, batch: Batch, decay: Array) -> Array:
    """The loss of the paper, written down by hand."""
    pre = tied_map(params.W, batch.inputs.T) + params.b[:, None]
    errors = jnp.square(batch.targets.T - jax.nn.relu(pre))
    return jnp.sum(jnp.power(decay, jnp.arange(N)) * errors.mean(-1))


def operations(jaxpr: Any) -> list[str]:
    """The primitives of a program in order, those of inner programs in their place."""
    found = []
    for equation in jaxpr.eqns:
        found.append(equation.primitive.name)
        inner = [
            equation.params[name] for name in ("jaxpr", "call_jaxpr") if name in equation.params
        ]
        found += [
            name for program in inner for name in operations(getattr(program, "jaxpr", program))
        ]
    return found


def test_the_default_compiles_to_what_is_written_by_hand() -> None:
    def ours(params: AutoencoderParams, batch: Batch, decay: Array) -> Array:
        return model_of(importance_decay=decay).loss(params, (), batch, jax.random.key(0))[0]

    arguments = params_of(W, B), batch_of(X, TARGET), jnp.float32(0.9)
    programs = [
        [text for text in operations(jax.make_jaxpr(jax.value_and_grad(f))(*arguments).jaxpr)]
        for f in (ours, plain_loss)
    ]
    without_key = [[name for name in p if not name.startswith("random_")] for p in programs]
    assert sorted(without_key[0]) == sorted(without_key[1])
