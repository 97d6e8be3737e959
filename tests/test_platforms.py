"""What is given to a device that is not a CPU, read from lowered programs: no device is needed."""

import re
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import data, models, optim, random
from superpos.train import FitSpec, training
from tests.components import COMPONENTS, measure
from tests.test_contract import ON_THE_HOST

CALLS_THE_HOST = "interpretation"
"""JAX lowers such a call for a device only where there is one."""
CUSTOM_CALL = re.compile(r"custom_call @(\w+)")
OF_A_CPU_OR_GPU = re.compile("cu|hip|lapack|triton|mosaic|xla_python_gpu|__gpu")
OF_A_CPU = re.compile("lapack|cpu")
OTHERS = [each for each in COMPONENTS if each[0] not in ON_THE_HOST and each[1] != CALLS_THE_HOST]


def lowered(function: Callable[..., object], *arguments: object, platform: str) -> str:
    return jax.jit(function).trace(*arguments).lower(lowering_platforms=(platform,)).as_text()


@pytest.mark.slow
@pytest.mark.parametrize(("group", "name"), OTHERS)
def test_no_component_rests_on_what_only_another_device_has(group: str, name: str) -> None:
    for platform, others in {"tpu": OF_A_CPU_OR_GPU, "cuda": OF_A_CPU}.items():
        text = lowered(lambda: measure(group, name, {}), platform=platform)
        assert [call for call in CUSTOM_CALL.findall(text) if others.match(call)] == []


def block(size: tuple[int, int] = (5, 2), **changes: int) -> Callable[[jax.Array], Any]:
    """(a density) -> an autoencoder after a block of ten updates, and its mean loss."""
    n, m = size
    spec = FitSpec(**{"n_steps": 10, "batch_size": 64, "log_every": 10} | changes)

    def advance(density: jax.Array) -> Any:
        run = training(
            model=models.autoencoder(n_features=n, n_hidden=m, importance_decay=0.7),
            source=data.sparse_uniform(n_features=n, density=density),
            tx=optim.adam(learning_rate=1e-2),
            spec=spec,
        )
        carry, metrics = run.advance(run.init(random.key(0)))
        return carry.params, metrics

    return jax.vmap(advance)


def update(n_features: int, n_hidden: int, platform: str) -> str:
    """The program of an update of three autoencoders."""
    densities = jnp.array([0.1, 0.2, 0.3])
    return lowered(block((n_features, n_hidden)), densities, platform=platform)


def in_loop(text: str, operation: str) -> int:
    return text.partition("stablehlo.while")[2].count(f"stablehlo.{operation} ")


@pytest.mark.parametrize("platform", ["cuda", "tpu"])
def test_few_features_are_multiplied_by_sums_but_on_a_cpu(platform: str) -> None:
    assert "dot_general" not in update(5, 2, platform)
    assert "dot_general" in update(5, 2, "cpu")


def test_many_features_are_multiplied_by_five_plain_products_but_on_a_cpu() -> None:
    """W Wᵀ x takes two, and its gradient in W two and in the code one; none is laid out anew."""
    cuda, cpu = update(400, 30, "cuda"), update(400, 30, "cpu")
    assert cuda.count("stablehlo.dot_general") == 5
    assert "optimization_barrier" not in cuda
    assert "optimization_barrier" in cpu


def test_an_update_is_checked_in_one_sum_but_on_a_cpu() -> None:
    """A leaf would take a kernel or two of its own: parameters, two moments of each, the loss."""
    assert update(5, 2, "cuda").count("stablehlo.is_finite") == 1
    assert update(5, 2, "cpu").count("stablehlo.is_finite") == 7


def test_keys_and_importances_are_not_computed_in_each_update_but_on_a_cpu() -> None:
    """Two keys are made ahead: of the update and of its batch, not of the rows of the batch.

    A key takes an exclusive or in each of 20 rounds, and two for a word of its own.
    """
    cuda, cpu = update(5, 2, "cuda"), update(5, 2, "cpu")
    assert in_loop(cpu, "xor") - in_loop(cuda, "xor") == 2 * (20 + 2)
    assert in_loop(cpu, "power") - in_loop(cuda, "power") == 1


@pytest.mark.parametrize("changes", [{}, {"batch_size": 8}, {"updates_per_draw": 5}], ids=str)
def test_the_program_for_a_gpu_trains_the_same_model(
    changes: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run on a CPU, as far as a CPU can: to rounding, with the same random numbers."""
    densities = jnp.array([0.1, 0.9])
    expected = jax.jit(block(**changes))(densities)

    def chosen(*given: Any, cpu: Callable[..., Any], default: Callable[..., Any]) -> Any:
        del cpu
        return default(*given)

    monkeypatch.setattr(jax.lax, "platform_dependent", chosen)
    found = jax.jit(block(**changes))(densities)
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-5, atol=1e-6)
