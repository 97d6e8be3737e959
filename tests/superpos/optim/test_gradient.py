"""Adam, AdamW and SGD against PyTorch's update rules, written out in NumPy float64."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from superpos.arguments import ArgumentError
from superpos.optim import adam, adamw, schedules, sgd

N_STEPS = 50
SHAPES = {"W": (3, 2), "b": (3,)}
Tree = dict[str, np.ndarray]


def start() -> Tree:
    rng = np.random.default_rng(0)
    return {name: rng.normal(size=shape) for name, shape in SHAPES.items()}


def gradients() -> Tree:
    """A fixed sequence of gradients, (N_STEPS, ...); one entry is always exactly 0."""
    rng = np.random.default_rng(1)
    grads = {
        name: rng.normal(size=(N_STEPS, *shape)) * 10 ** rng.uniform(-3, 1, size=(N_STEPS, *shape))
        for name, shape in SHAPES.items()
    }
    grads["b"][:, 0] = 0.0
    return grads


def run(tx: optax.GradientTransformation) -> dict[str, jax.Array]:
    """The parameters after each step, (N_STEPS, ...)."""
    params = jax.tree.map(jnp.asarray, start())

    def step(carry: Any, grad: Any) -> tuple[Any, Any]:
        params, state = carry
        updates, state = tx.update(grad, state, params)
        params = optax.apply_updates(params, updates)
        return (params, state), params

    grads = jax.tree.map(jnp.asarray, gradients())
    return jax.jit(lambda: jax.lax.scan(step, (params, tx.init(params)), grads)[1])()


def torch_adamw(
    *,
    learning_rate: float,
    weight_decay: float = 0.0,
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 1e-8,
    factor: Callable[[int], float] = lambda step: 1.0,
) -> Tree:
    """torch.optim.AdamW: decay first, then the step; eps outside the root, after its correction."""
    grads, paths = gradients(), {}
    for name, p in start().items():
        p, mean, square, path = p.copy(), np.zeros_like(p), np.zeros_like(p), []
        for t in range(1, N_STEPS + 1):
            g, rate = grads[name][t - 1], learning_rate * factor(t - 1)
            p *= 1 - rate * weight_decay
            mean = b1 * mean + (1 - b1) * g
            square = b2 * square + (1 - b2) * g**2
            denominator = np.sqrt(square) / np.sqrt(1 - b2**t) + eps
            p -= rate / (1 - b1**t) * mean / denominator
            path.append(p.copy())
        paths[name] = np.stack(path)
    return paths


def torch_sgd(
    *,
    learning_rate: float,
    momentum: float = 0.0,
    factor: Callable[[int], float] = lambda step: 1.0,
) -> Tree:
    """torch.optim.SGD without dampening: buf = momentum * buf + g, p -= rate * buf."""
    grads, paths = gradients(), {}
    for name, p in start().items():
        p, buffer, path = p.copy(), np.zeros_like(p), []
        for t in range(N_STEPS):
            buffer = momentum * buffer + grads[name][t]
            p -= learning_rate * factor(t) * buffer
            path.append(p.copy())
        paths[name] = np.stack(path)
    return paths


def assert_close(actual: Any, expected: Tree, tolerance: float) -> None:
    for name in SHAPES:
        np.testing.assert_allclose(actual[name], expected[name], rtol=tolerance, atol=tolerance)


CASES = [
    (adam, torch_adamw, {"learning_rate": 0.01}),
    (adam, torch_adamw, {"learning_rate": 0.1, "b1": 0.5, "b2": 0.9, "eps": 1e-3}),
    (adam, torch_adamw, {"learning_rate": 0.1, "b1": 0.0, "b2": 0.0, "eps": 0.1}),
    (adamw, torch_adamw, {"learning_rate": 0.01, "weight_decay": 0.01}),
    (adamw, torch_adamw, {"learning_rate": 0.1, "weight_decay": 0.5, "b1": 0.8, "eps": 1.0}),
    (adamw, torch_adamw, {"learning_rate": 0.01, "weight_decay": 0.0}),
    (sgd, torch_sgd, {"learning_rate": 0.01}),
    (sgd, torch_sgd, {"learning_rate": 0.1, "momentum": 0.9}),
]


@pytest.mark.parametrize(("factory", "reference", "arguments"), CASES)
def test_parameters_follow_the_reference(factory: Any, reference: Any, arguments: dict) -> None:
    """To rounding in float64; in float32 Adam's 1 - b2 has a relative error of some 1e-5."""
    expected = reference(**arguments)
    with jax.enable_x64(True):
        assert_close(run(factory(**arguments)), expected, 1e-12)
    assert_close(run(factory(**arguments)), expected, 1e-4)


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize(("factory", "reference", "arguments"), [CASES[1], CASES[4], CASES[7]])
def test_a_schedule_multiplies_the_learning_rate(
    factory: Any, reference: Any, arguments: dict
) -> None:
    """The weight decay with it. The factors are powers of 2, so exact in float32."""

    def halving(step: Any) -> jax.Array:
        return jnp.exp2(-jnp.asarray(step // 10, jnp.float32))

    expected = reference(**arguments, factor=lambda step: 0.5 ** (step // 10))
    assert_close(run(factory(**arguments, schedule=halving)), expected, 1e-12)


@pytest.mark.usefixtures("x64")
def test_a_warm_up_starts_at_the_first_update() -> None:
    def factor(step: int) -> float:
        return min(1.0, (step + 1) / 4)

    schedule = schedules.constant(warmup_steps=3)
    for factory, reference in ((adam, torch_adamw), (sgd, torch_sgd)):
        expected = reference(learning_rate=0.01, factor=factor)
        assert_close(run(factory(learning_rate=0.01, schedule=schedule)), expected, 1e-6)


ADAM = {"learning_rate": (0.1, 1e-3), "b1": (0.9, 0.0), "b2": (0.999, 0.0), "eps": (1e-8, 1.0)}
SWEEPS = [
    (adam, torch_adamw, ADAM),
    (adamw, torch_adamw, ADAM | {"weight_decay": (0.1, 0.0)}),
    (sgd, torch_sgd, {"learning_rate": (0.1, 1e-3), "momentum": (0.9, 0.0)}),
]


def points_of(axes: dict[str, tuple[float, float]]) -> list[dict[str, float]]:
    """A point with all first values, and one for each name with its second value."""
    base = {name: first for name, (first, _) in axes.items()}
    return [base, *(base | {name: second} for name, (_, second) in axes.items())]


@pytest.mark.slow
@pytest.mark.parametrize(("factory", "reference", "axes"), SWEEPS)
def test_every_number_can_be_swept(factory: Any, reference: Any, axes: Any) -> None:
    """Traced values give what the reference gives for each, in one program."""
    points = points_of(axes)
    for enable, tolerance in ((True, 1e-11), (False, 1e-3)):
        with jax.enable_x64(enable):
            stacked = {name: jnp.array([point[name] for point in points]) for name in axes}
            swept = jax.vmap(lambda point: run(factory(**point)))(stacked)
        for index, point in enumerate(points):
            member = {name: path[index] for name, path in swept.items()}
            assert_close(member, reference(**point), tolerance)


@pytest.mark.parametrize(("factory", "reference", "axes"), SWEEPS)
def test_a_swept_number_is_as_good_as_a_fixed_one(factory: Any, reference: Any, axes: Any) -> None:
    """In float32 a traced 1 - b2 is off by 5e-5 of itself, and Adam's step by half of that."""
    base = points_of(axes)[0]
    swept = jax.vmap(lambda point: run(factory(**point)))(
        jax.tree.map(lambda x: jnp.array([x]), base)
    )
    fixed = run(factory(**base))
    for name in SHAPES:
        np.testing.assert_allclose(swept[name][0], fixed[name], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("factory", [adam, adamw, sgd])
@pytest.mark.parametrize(
    ("name", "value", "interval"),
    [
        ("learning_rate", 0.0, "(0, inf)"),
        ("learning_rate", -0.01, "(0, inf)"),
        ("learning_rate", float("nan"), "(0, inf)"),
        ("learning_rate", float("inf"), "(0, inf)"),
        ("learning_rate", "0.1", "(0, inf)"),
        ("b1", 1.0, "[0, 1)"),
        ("b1", -0.1, "[0, 1)"),
        ("b2", 1.0, "[0, 1)"),
        ("b2", -0.1, "[0, 1)"),
        ("eps", 0.0, "(0, inf)"),
        ("weight_decay", -0.1, "[0, inf)"),
        ("momentum", 1.0, "[0, 1)"),
        ("momentum", -0.1, "[0, 1)"),
    ],
)
def test_bad_arguments_are_refused(factory: Any, name: str, value: Any, interval: str) -> None:
    good = {"learning_rate": 0.1} | ({"weight_decay": 0.1} if factory is adamw else {})
    known = {adam: ["b1", "b2", "eps"], adamw: ["b1", "b2", "eps"], sgd: ["momentum"]}[factory]
    if name in good or name in known:
        with pytest.raises(ArgumentError) as refusal:
            factory(**good | {name: value})
        assert str(refusal.value) == f"{name}={value!r}: expected a number in {interval}"
    else:
        with pytest.raises(TypeError):
            factory(**good | {name: value})


def test_weight_decay_has_no_default() -> None:
    with pytest.raises(TypeError):
        adamw(learning_rate=0.1)  # type: ignore[call-arg]
