"""Small models written out by hand, each with a symmetry that it has: what the tests go through."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from superpos.gauge import symmetries
from superpos.gauge.groups import Group
from superpos.types import Model, Output

N, H, K = 6, 3, 4


class Case(NamedTuple):
    """A group, the shapes of the parameters, and params, x (N,) -> outputs."""

    group: Group
    shapes: dict[str, tuple[int, ...]]
    function: Callable[[Any, Any], Any]

    def params(self, key):
        keys = jax.random.split(key, len(self.shapes))
        return {
            name: jax.random.normal(k, s)
            for k, (name, s) in zip(keys, self.shapes.items(), strict=True)
        }


def model_of(case: Case) -> Model:
    """Its function as a Model that declares no inputs, with the squared error."""

    def loss(params, state, batch, key):
        outputs = jax.vmap(lambda x: case.function(params, x))(batch.inputs)
        return jnp.square(outputs - batch.targets).mean(), (state, {})

    return Model(
        init=lambda key: (case.params(key), ()),
        apply=lambda params, state, x: Output(code=x, recon=case.function(params, x)),
        loss=loss,
    )


def attention(p, x):
    """One head over three tokens made from x."""
    tokens = jnp.stack([x, jnp.roll(x, 1), x**2])
    scores = (tokens @ p["W_Q"]) @ (tokens @ p["W_K"]).T / H**0.5
    return jax.nn.softmax(scores) @ (tokens @ p["W_V"]) @ p["W_O"]


def layer_norm(x):
    return (x - x.mean()) / jnp.sqrt(x.var() + 1e-5)


def two_layers(p, x):
    return jax.nn.relu(x @ p["weights.0"]) @ p["weights.1"]


def with_biases(p, x):
    hidden = jax.nn.relu(x @ p["weights.0"] + p["biases.0"])
    return hidden @ p["weights.1"] + p["biases.1"]


HEAD = {"W_Q": (N, H), "W_K": (N, H), "W_V": (N, H), "W_O": (H, N)}
TIED = {"W": (N, H), "b": (N,)}
UNTIED = {"W_in": (N, H), "W_out": (K, H)}
PLAIN = {"weights.0": (N, H), "weights.1": (H, K)}
BIASED = {**PLAIN, "biases.0": (H,), "biases.1": (K,)}
SAE = {"W_enc": (N, H), "b_enc": (H,), "W_dec": (H, N)}
WRITES, READS = {"weights.0": -1, "biases.0": -1}, {"weights.1": -2}


def tied(p, x):
    return jax.nn.relu(p["W"] @ (p["W"].T @ x) + p["b"])


def tied_relu(p, x):
    return jax.nn.relu(p["W"] @ jax.nn.relu(p["W"].T @ x) + p["b"])


def sae(act):
    return lambda p, x: act(x @ p["W_enc"] + p["b_enc"]) @ p["W_dec"]


CASES = {
    "rotation": Case(symmetries.rotation(), TIED, tied),
    "signed permutation": Case(symmetries.signed_permutation(), TIED, tied),
    "tied unit permutation": Case(symmetries.unit_permutation({"W": -1}), TIED, tied_relu),
    "linear bottleneck": Case(
        symmetries.linear_bottleneck(), UNTIED, lambda p, x: p["W_out"] @ (p["W_in"].T @ x)
    ),
    "unit permutation": Case(symmetries.unit_permutation(WRITES, READS), BIASED, with_biases),
    "unit rescaling": Case(symmetries.unit_rescaling(WRITES, READS), BIASED, with_biases),
    "layer scale": Case(symmetries.layer_scale(["weights.0", "weights.1"]), PLAIN, two_layers),
    "layer scale with biases": Case(
        symmetries.layer_scale(["weights.0", "weights.1"], ["biases.0", "biases.1"]),
        BIASED,
        with_biases,
    ),
    "second layer scale with biases": Case(
        symmetries.layer_scale(["weights.0", "weights.1"], ["biases.0", "biases.1"], 1),
        BIASED,
        with_biases,
    ),
    "logit shift": Case(symmetries.logit_shift("weights.1", "biases.1"), BIASED, with_biases),
    "QK": Case(symmetries.attention_qk(), HEAD, attention),
    "OV": Case(symmetries.attention_ov(), HEAD, attention),
    "LayerNorm scale": Case(
        symmetries.layer_norm_scale("gain", "W", "shift"),
        {"gain": (N,), "shift": (N,), "W": (N, K)},
        lambda p, x: (layer_norm(x) * p["gain"] + p["shift"]) @ p["W"],
    ),
    "LayerNorm mean": Case(
        symmetries.layer_norm_mean("W"), {"W": (N, K)}, lambda p, x: layer_norm(x) @ p["W"]
    ),
    "SAE latents": Case(symmetries.sae_latents(), SAE, sae(jax.nn.relu)),
    "SAE latents, any activation": Case(symmetries.sae_latents(scale=False), SAE, sae(jax.nn.gelu)),
}
