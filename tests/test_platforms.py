"""What is given to a device that is not a CPU, read from lowered programs: no device is needed."""

import re
from collections.abc import Callable

import jax
import jax.numpy as jnp
import pytest

from superpos import data, models, optim
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


def update(n_features: int, n_hidden: int, platform: str) -> str:
    """The program of an update of three autoencoders."""

    def advance(density: jax.Array) -> object:
        run = training(
            model=models.autoencoder(n_features=n_features, n_hidden=n_hidden),
            source=data.sparse_uniform(n_features=n_features, density=density),
            tx=optim.adam(learning_rate=1e-3),
            spec=FitSpec(n_steps=10, batch_size=64, log_every=10),
        )
        return run.advance(run.init(jax.random.key(0)))

    return lowered(jax.vmap(advance), jnp.array([0.1, 0.2, 0.3]), platform=platform)


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
