"""Forward pass, loss and gradients of every architecture against NumPy in float64."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import saes
from superpos.arguments import ArgumentError
from superpos.saes import sparsity
from superpos.types import Batch, Model
from tests.superpos.saes import reference as ref

D_IN, D_CODE, BATCH = 5, 8, 6
RNG = np.random.default_rng(0)
X = RNG.normal(size=(BATCH, D_IN))
SIZES = {"d_in": D_IN, "d_code": D_CODE}
P: ref.Params = {
    "W_enc": RNG.normal(size=(D_IN, D_CODE)),
    "W_dec": RNG.normal(size=(D_CODE, D_IN)),
    "b_enc": 0.3 * RNG.normal(size=D_CODE),
    "b_dec": 0.3 * RNG.normal(size=D_IN),
}
GATED = {
    **{name: P[name] for name in ("W_enc", "W_dec", "b_dec")},
    **{name: 0.3 * RNG.normal(size=D_CODE) for name in ("r_mag", "b_gate", "b_mag")},
}
PURSUIT = {"W_dec": P["W_dec"] / ref.norms(P["W_dec"])[:, None], "b_dec": P["b_dec"]}
THRESHOLD = np.abs(RNG.normal(size=D_CODE)) + 0.1
COEFFICIENT, PREFIXES = 0.7, [2, 5]


def plain(p: ref.Params, x: np.ndarray, code: np.ndarray) -> np.ndarray:
    return code @ p["W_dec"] + p["b_dec"]


def relu_loss(p: ref.Params) -> float:
    code = ref.relu(ref.encode(p, X))
    l1 = (code * ref.norms(p["W_dec"])).sum(-1).mean()
    return ref.squared(X, plain(p, X, code)) + COEFFICIENT * l1


def tanh_loss(p: ref.Params) -> float:
    code = ref.relu(ref.encode(p, X))
    counted = np.tanh(4 * code * ref.norms(p["W_dec"])).sum(-1).mean()
    return ref.squared(X, plain(p, X, code)) + COEFFICIENT * counted


def tied_loss(p: ref.Params) -> float:
    code = ref.relu(X @ p["W_dec"].T + p["b_enc"])
    return ref.squared(X, plain(p, X, code))


def topk_loss(p: ref.Params) -> float:
    return ref.squared(X, ref.decode(p, ref.topk_code(p, X, 3)))


def abs_topk_loss(p: ref.Params) -> float:
    return ref.squared(X, ref.decode(p, ref.abs_topk_code(p, X, 3)))


def batch_topk_loss(p: ref.Params) -> float:
    return ref.squared(X, ref.decode(p, ref.batch_topk_code(p, X, 2.4)))


def matryoshka_loss(p: ref.Params) -> float:
    code = ref.batch_topk_code(p, X, 2.4)
    total = 0.5 * ref.squared(X, ref.decode(p, code))
    for weight, size in zip([2.0, 3.0], PREFIXES, strict=True):
        total += weight * ref.squared(X, ref.decode(p, np.where(np.arange(D_CODE) < size, code, 0)))
    return total


LEVELS = list(zip([0.25, 3.0, 0.5], [0, *PREFIXES], [*PREFIXES, D_CODE], strict=True))
"""Weight, and where the latents begin and end that the level before does not have."""


def level_loss(p: ref.Params, recon: np.ndarray, code: np.ndarray, weight: float) -> float:
    l1 = (code * ref.norms(p["W_dec"])).sum(-1).mean()
    return weight * (ref.squared(X, recon) + COEFFICIENT * l1)


def matryoshka_relu_loss(p: ref.Params) -> float:
    code, total = ref.relu(ref.encode(p, X)), 0.0
    for weight, _, end in LEVELS:
        inner = np.where(np.arange(D_CODE) < end, code, 0)
        total += level_loss(p, plain(p, X, inner), inner, weight)
    return total


def detached_loss(p: ref.Params) -> float:
    """What the levels before have found is a constant."""
    code, fixed, total = ref.relu(ref.encode(p, X)), ref.relu(ref.encode(P, X)), 0.0
    for weight, start, end in LEVELS:
        index = np.arange(D_CODE)
        own = np.where((index >= start) & (index < end), code, 0)
        below = np.where(index < start, fixed, 0) @ P["W_dec"]
        total += level_loss(p, plain(p, X, own) + below, own, weight)
    return total


def gated_loss(p: ref.Params) -> float:
    mapped = (X - p["b_dec"]) @ p["W_enc"]
    gate = mapped + p["b_gate"]
    code = (gate > 0) * ref.relu(mapped * np.exp(p["r_mag"]) + p["b_mag"])
    open_ = ref.relu(gate)
    l1 = (open_ * ref.norms(p["W_dec"])).sum(-1).mean()
    errors = ref.squared(X, plain(p, X, code)) + ref.squared(X, plain(p, X, open_))
    return errors + COEFFICIENT * l1


def pursuit_loss(p: ref.Params) -> float:
    return ref.squared(X, ref.pursuit_code(p, X, 3) @ p["W_dec"] + p["b_dec"])


def aligned_loss(p: ref.Params) -> float:
    shift = (1 - (p["W_enc"].T * p["W_dec"]).sum(1)) / (p["W_dec"] ** 2).sum(1)
    W_enc = p["W_enc"] + shift * p["W_dec"].T
    np.testing.assert_allclose((W_enc.T * p["W_dec"]).sum(1), 1)
    return topk_loss({**p, "W_enc": W_enc})


class Case(NamedTuple):
    model: Callable[[], Model]
    params: ref.Params
    loss: Callable[[ref.Params], float]


def without(*names: str) -> ref.Params:
    return {name: value for name, value in P.items() if name not in names}


def matryoshka_relu(*, detached: bool) -> Model:
    weights = [weight for weight, _, _ in LEVELS]
    l1 = sparsity.l1(coefficient=COEFFICIENT)
    return saes.matryoshka_relu(
        **SIZES, prefixes=PREFIXES, weights=weights, detached=detached, sparsity=l1
    )


CASES = {
    "relu": Case(
        lambda: saes.relu(**SIZES, sparsity=sparsity.l1(coefficient=COEFFICIENT)), P, relu_loss
    ),
    "relu-tanh": Case(
        lambda: saes.relu(**SIZES, sparsity=sparsity.tanh(coefficient=COEFFICIENT)), P, tanh_loss
    ),
    "tied": Case(
        lambda: saes.relu(**SIZES, tied=True, pre_bias=False), without("W_enc"), tied_loss
    ),
    "topk": Case(lambda: saes.topk(**SIZES, k=3), P, topk_loss),
    "abs_topk": Case(lambda: saes.abs_topk(**SIZES, k=3), P, abs_topk_loss),
    "batch_topk": Case(lambda: saes.batch_topk(**SIZES, k=2.4), P, batch_topk_loss),
    "matryoshka": Case(
        lambda: saes.matryoshka(**SIZES, k=2.4, prefixes=PREFIXES, weights=[2.0, 3.0, 0.5]),
        P,
        matryoshka_loss,
    ),
    "matryoshka_relu": Case(lambda: matryoshka_relu(detached=False), P, matryoshka_relu_loss),
    "matryoshka_relu-detached": Case(lambda: matryoshka_relu(detached=True), P, detached_loss),
    "gated": Case(
        lambda: saes.gated(**SIZES, sparsity=sparsity.l1(coefficient=COEFFICIENT)),
        GATED,
        gated_loss,
    ),
    "matching_pursuit": Case(
        lambda: saes.matching_pursuit(**SIZES, k=3, max_iterations=4), PURSUIT, pursuit_loss
    ),
    "aligned": Case(lambda: saes.aligned(**SIZES, k=3), P, aligned_loss),
}


def batch_of(x: np.ndarray) -> Batch:
    return Batch(inputs=jnp.asarray(x), targets=jnp.asarray(x), factors=jnp.asarray(x))


def of(model: Model, params: ref.Params, **state: Any) -> tuple[Any, Any]:
    """Given parameters in the model's own container."""
    start, first = model.init(jax.random.key(0))
    arrays = {name: jnp.asarray(value) for name, value in params.items()}
    assert set(vars(start)) == set(arrays)
    return start.replace(**arrays), first.replace(**state)


def gradients_of(model: Model, params: Any, state: Any, x: np.ndarray = X) -> Any:
    function = jax.jit(jax.value_and_grad(model.loss, has_aux=True))
    return function(params, state, batch_of(x), jax.random.key(0))


def assert_is(found: Any, case: Case) -> None:
    (loss, _), grads = found
    np.testing.assert_allclose(loss, case.loss(case.params), rtol=1e-10)
    for name, expected in ref.gradients(case.loss, case.params).items():
        np.testing.assert_allclose(getattr(grads, name), expected, rtol=1e-6, atol=1e-7)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_loss_and_gradients_are_those_of_numpy(name: str, x64: None) -> None:
    model = CASES[name].model()
    assert_is(gradients_of(model, *of(model, CASES[name].params)), CASES[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["relu", "topk", "abs_topk", "batch_topk"])
def test_an_update_has_five_products_of_a_batch(name: str) -> None:
    """Two forward and three back: left to itself, the gradient of the pre-bias is a sixth."""
    model = CASES[name].model()
    params, state = of(model, CASES[name].params)
    gradient = jax.jit(jax.grad(model.loss, has_aux=True))
    compiled = gradient.lower(params, state, batch_of(X), jax.random.key(0)).compile()
    rows = re.findall(r"= f32\[(\d+),\d+\]\S* dot\(", compiled.as_text())
    assert len([n for n in rows if n != "1"]) == 5


@pytest.mark.slow
@pytest.mark.parametrize("name", ["topk", "abs_topk", "batch_topk"])
def test_dead_latents_reconstruct_what_is_left_over(name: str, x64: None) -> None:
    factory = {"topk": saes.topk, "abs_topk": saes.abs_topk, "batch_topk": saes.batch_topk}[name]
    k = 2.4 if name == "batch_topk" else 3
    model = factory(**SIZES, k=k, dead=saes.auxk(window=10.0))
    silent = np.where(np.isin(np.arange(D_CODE), [1, 4, 6]), 11, 10)
    code = {"topk": ref.topk_code, "abs_topk": ref.abs_topk_code, "batch_topk": ref.batch_topk_code}
    residual = X - ref.decode(P, code[name](P, X, k))
    by = np.abs if name == "abs_topk" else lambda pre: pre

    def loss(p: ref.Params) -> float:
        return CASES[name].loss(p) + ref.auxk(p, X, residual, silent > 10, by)

    params, state = of(model, P, silent=jnp.asarray(silent, jnp.int32))
    found = gradients_of(model, params, state)
    assert_is(found, Case(lambda: model, P, loss))
    assert found[0][1][1]["dead"] == 3 / D_CODE


PENALTIES: dict[str, Any] = {
    "step": (sparsity.step(coefficient=COEFFICIENT), lambda l0: l0.mean(), lambda l0: 1.0),
    "quadratic": (
        sparsity.quadratic(coefficient=COEFFICIENT, target=2.0),
        lambda l0: (2 / 2 * (l0 - 2) ** 2).mean(),
        lambda l0: 2 * (l0 - 2)[:, None],
    ),
    "relative": (
        sparsity.relative(coefficient=COEFFICIENT, target=2.0),
        lambda l0: (l0.mean() / 2 - 1) ** 2,
        lambda l0: l0.mean() / 2 - 1,
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PENALTIES)
def test_jumprelu_has_the_pseudo_derivatives_of_the_paper(name: str, x64: None) -> None:
    """Gradients in all but the threshold by differences, as no estimate goes to them."""
    bandwidth, (part, of_l0, slope) = 0.8, PENALTIES[name]
    model = saes.jumprelu(**SIZES, sparsity=part, bandwidth=bandwidth)
    pre = ref.encode(P, X)
    l0 = (pre > THRESHOLD).sum(-1).astype(float)

    def loss(p: ref.Params) -> float:
        values = ref.encode(p, X)
        return ref.squared(X, plain(p, X, values * (values > THRESHOLD)))

    params, state = of(model, {**P, "threshold": THRESHOLD})
    (found, _), grads = gradients_of(model, params, state)
    np.testing.assert_allclose(found, loss(P) + COEFFICIENT * of_l0(l0), rtol=1e-10)
    for each, expected in ref.gradients(loss, P).items():
        np.testing.assert_allclose(getattr(grads, each), expected, rtol=1e-6, atol=1e-7)
    kernel = np.abs((pre - THRESHOLD) / bandwidth) < 0.5
    assert kernel.any()
    to_code = 2 / BATCH * (plain(P, X, pre * (pre > THRESHOLD)) - X) @ P["W_dec"].T
    by_error = (-THRESHOLD / bandwidth * kernel * to_code).sum(0)
    by_l0 = COEFFICIENT / BATCH * (-1 / bandwidth * kernel * slope(l0)).sum(0)
    np.testing.assert_allclose(grads.threshold, by_error + by_l0, rtol=1e-9)


def test_a_threshold_below_zero_counts_as_zero_and_keeps_its_gradient() -> None:
    model = saes.jumprelu(**SIZES, sparsity=sparsity.step(), bandwidth=0.8)
    params, state = model.init(jax.random.key(0))
    zero, below = (params.replace(threshold=jnp.full(D_CODE, at)) for at in (0.0, -1.0))
    x = X.astype(np.float32)
    first, second = (gradients_of(model, each, state, x) for each in (zero, below))
    jax.tree.map(np.testing.assert_array_equal, first, second)
    assert np.any(second[1].threshold)


def test_batch_topk_decides_by_its_threshold_outside_training() -> None:
    model = saes.batch_topk(**SIZES, k=2, threshold_rate=0.25)
    params, state = model.init(jax.random.key(0))
    x = jnp.asarray(X, jnp.float32)
    least, expected = [], 0.0
    for _ in range(3):
        _, (state, _) = model.loss(params, state, batch_of(x), jax.random.key(0))
        code = np.asarray(ref.batch_topk_code(as_numpy(params), np.asarray(x, float), 2))
        least.append(code[code > 0].min())
        expected = 0.75 * expected + 0.25 * least[-1]
    np.testing.assert_allclose(state.threshold, expected, rtol=1e-5)
    code = model.apply(params, state, x[0]).code
    pre = ref.ranked(as_numpy(params), np.asarray(x[:1], float))[0]
    np.testing.assert_allclose(code, np.where(pre > expected, pre, 0), rtol=1e-5, atol=1e-7)


def test_a_threshold_can_begin_with_the_smallest_activation() -> None:
    model = saes.batch_topk(**SIZES, k=2, threshold_rate=0.25, threshold_start=1)
    params, state = model.init(jax.random.key(0))
    x = jnp.asarray(X, jnp.float32)
    found = []
    for _ in range(3):
        _, (state, _) = model.loss(params, state, batch_of(x), jax.random.key(0))
        found.append(float(state.threshold))
    code = ref.batch_topk_code(as_numpy(params), np.asarray(x, float), 2)
    np.testing.assert_allclose(found, [0, *[code[code > 0].min()] * 2], rtol=1e-5)


def as_numpy(params: Any) -> ref.Params:
    return {name: np.asarray(value, float) for name, value in vars(params).items()}


def test_matching_pursuit_stops_where_it_is_told() -> None:
    orthogonal = {"W_dec": np.eye(D_IN), "b_dec": np.zeros(D_IN)}
    x = np.asarray([[3.0, 2.0, 1.0, 0.0, 0.0]], np.float32)

    def code(**options: Any) -> Any:
        model = saes.matching_pursuit(d_in=D_IN, d_code=D_IN, k=5, **options)
        return model.apply(*of(model, orthogonal), jnp.asarray(x[0])).code

    np.testing.assert_allclose(code(), x[0])
    np.testing.assert_allclose(code(residual_threshold=1.5), [3, 2, 0, 0, 0])
    np.testing.assert_allclose(code(residual_threshold=2.5), [3, 0, 0, 0, 0])
    rows = np.asarray([[1.0, 0], [-0.6, 0.8], [0, 0], [0, 0]])
    obtuse = {"W_dec": rows, "b_dec": np.zeros(2)}
    model = saes.matching_pursuit(d_in=2, d_code=4, k=4, max_iterations=4, stop_at_repeat=True)
    stopped = model.apply(*of(model, obtuse), jnp.asarray([1.0, 3.0])).code
    # 1.8 of the second leaves (2.08, 1.56); 2.08 of the first (0, 1.56); 1.248 of the second again
    # adds no other latent. What it leaves, (.7488, .5616), would add to the first.
    np.testing.assert_allclose(stopped, [2.08, 1.8 + 1.248, 0, 0], rtol=1e-5)


def recipe(name: str, architecture: str, **own: Any) -> Any:
    return getattr(saes.recipes, name)(architecture=architecture, **SIZES, **own)


WRONG = {
    "k=9: expected at most": lambda: saes.topk(**SIZES, k=9),
    "k=4: expected at most the 3": lambda: saes.matching_pursuit(**SIZES, k=4, max_iterations=3),
    "tuner.target=6.0: expected at most the 4": lambda: saes.relu(
        **SIZES, sparsity=sparsity.l1(), tuner=saes.l0_tuner(target=6.0, n_steps=9), width=4
    ),
    "width=9": lambda: saes.topk(**SIZES, k=1, width=9),
    "tuner: expected a model with a penalty": lambda: saes.relu(
        **SIZES, tuner=saes.l0_tuner(target=2.0, n_steps=9)
    ),
    "prefixes=": lambda: saes.matryoshka(**SIZES, k=1, prefixes=[4, 3]),
    "prefixes.0=0": lambda: saes.matryoshka(**SIZES, k=1, prefixes=[0, 3]),
    "weights: 2 numbers, expected 3": lambda: saes.matryoshka(
        **SIZES, k=1, prefixes=[2, 3], weights=[1.0, 1.0]
    ),
    "init=truth: features of 4 numbers, expected 5": lambda: saes.topk(
        **SIZES, k=1, init=saes.inits.truth(features={"features": np.eye(4)})
    ),
    "features: expected finite numbers": lambda: saes.inits.truth(
        features={"features": np.full((2, D_IN), np.nan)}
    ),
    "features='x': expected rows of numbers": lambda: saes.inits.truth(features="x"),
    "features of complex64: expected real": lambda: saes.inits.truth(
        features=np.ones((2, D_IN), np.complex64)
    ),
    "architecture=matryoshka: missing a required argument: 'prefixes'": lambda: recipe(
        "saelens", "matryoshka", k=2
    ),
    "architecture=topk: got an unexpected keyword argument 'kk'": lambda: recipe(
        "saelens", "topk", k=2, kk=5
    ),
    "prefixes=None: expected a list": lambda: recipe(
        "dictionary_learning", "matryoshka", k=2, prefixes=None, batch_size=4
    ),
    "prefixes=3: expected a list": lambda: recipe(
        "dictionary_learning", "matryoshka", k=2, prefixes=3, batch_size=4
    ),
}


@pytest.mark.parametrize("start", WRONG)
def test_what_does_not_fit_is_refused_in_one_line(start: str) -> None:
    with pytest.raises(ArgumentError) as error:
        WRONG[start]()
    assert str(error.value).startswith(start), str(error.value)
    assert "\n" not in str(error.value)


def test_a_penalty_on_thresholds_asks_for_a_model_that_has_some() -> None:
    model = saes.relu(**SIZES, sparsity=sparsity.step())
    params, state = model.init(jax.random.key(0))
    with pytest.raises(ArgumentError, match="expected a model with thresholds"):
        model.loss(params, state, batch_of(X.astype(np.float32)), jax.random.key(0))


def test_dead_latents_in_bfloat16_have_gradients_in_bfloat16() -> None:
    """That of the auxiliary error is of the type of what it goes to, near that in float32."""
    model = saes.topk(**SIZES, k=1, dead=saes.auxk(window=0.0))
    params, state = model.init(jax.random.key(0))
    state = state.replace(silent=jnp.full_like(state.silent, 9))

    def gradient(dtype: Any) -> Any:
        batch = batch_of(jnp.asarray(X, dtype))
        start = jax.tree.map(lambda leaf: leaf.astype(dtype), params)
        return jax.grad(model.loss, has_aux=True)(start, state, batch, jax.random.key(0))[0]

    found, expected = gradient(jnp.bfloat16), gradient(jnp.float32)
    assert found.W_dec.dtype == jnp.bfloat16
    size = float(jnp.abs(expected.W_dec).max())
    np.testing.assert_allclose(
        found.W_dec.astype(jnp.float32), expected.W_dec, rtol=0, atol=0.05 * size
    )
