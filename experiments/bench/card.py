"""The GPU that programs are compiled for: the one at hand, or an H100 that is described in a file.

XLA needs no device to compile for one whose numbers it is told. It then takes the parameters of
kernels by rule, where on a device it would time some and take the fastest.
"""

import importlib.util
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
from jax.experimental import topologies

H100 = Path(__file__).with_name("h100.txt")
"""An XLA target config, in text: what the CUDA plug-in says of an H100 80 GB (SXM)."""
DESCRIBED = "NVIDIA H100 80GB HBM3"
BANDWIDTH = {DESCRIBED: 3.35e12, "NVIDIA H200": 4.8e12}
"""Bytes a second, by NVIDIA's datasheets."""
WITHOUT_TIMING: dict[str, str | bool] = {"xla_gpu_autotune_level": "0"}
PLUGINS = ("jax_cuda12_plugin", "jax_cuda13_plugin")


class Card(NamedTuple):
    """What programs are compiled for.

    Attributes:
        name: of the card.
        target: a sharding over the card that is described; None is the device at hand.
    """

    name: str
    target: jax.sharding.Sharding | None = None

    def compiled(self, function: Callable[..., Any], arguments: Sequence[Any]) -> str:
        """A function compiled for arguments of given shapes and dtypes, as text (HLO)."""
        given = [
            jax.ShapeDtypeStruct(each.shape, each.dtype, sharding=self.target) for each in arguments
        ]
        lowered = jax.jit(function).lower(*given)
        options = None if self.target is None else WITHOUT_TIMING
        return lowered.compile(compiler_options=options).as_text() or ""


def card() -> Card | None:
    """The GPU at hand; else the one that is described; None where JAX has no plug-in for CUDA."""
    if not any(map(importlib.util.find_spec, PLUGINS)):
        return None
    os.environ.setdefault("JAX_SKIP_CUDA_CONSTRAINTS_CHECK", "1")
    if jax.default_backend() == "gpu":
        return Card(jax.devices()[0].device_kind)
    described = topologies.get_topology_desc(
        platform="cuda", target_config=H100.read_text(), topology="1x1x1"
    )
    mesh = topologies.make_mesh(described, (1,), ("device",))
    return Card(DESCRIBED, jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec()))
