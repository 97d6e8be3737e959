"""What two libraries train sparse autoencoders with, each as one named set of defaults.

They differ in ways that change results, so they are never mixed. Each gives a model and the
optimiser that belongs to it; whatever is given besides goes to the factory of the architecture in
place of the recipe's. Sources: SAELens 6.54.12; dictionary_learning 0.1.0.
"""

import inspect
import math
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import jax.numpy as jnp
import optax

from superpos.arguments import ArgumentError, Count, Positive, factory
from superpos.optim import sae_adam
from superpos.optim.schedules import Schedule
from superpos.saes import inits, sparsity
from superpos.saes.abs_topk import abs_topk
from superpos.saes.aligned import aligned
from superpos.saes.batch_topk import batch_topk
from superpos.saes.dead import auxk
from superpos.saes.gated import gated
from superpos.saes.jumprelu import jumprelu
from superpos.saes.matching_pursuit import matching_pursuit
from superpos.saes.matryoshka import matryoshka
from superpos.saes.relu import relu
from superpos.saes.topk import topk
from superpos.types import Array, Model, Scalar

ARCHITECTURES: dict[str, Callable[..., Model]] = {
    "abs_topk": abs_topk,
    "aligned": aligned,
    "batch_topk": batch_topk,
    "gated": gated,
    "jumprelu": jumprelu,
    "matching_pursuit": matching_pursuit,
    "matryoshka": matryoshka,
    "relu": relu,
    "topk": topk,
}
TOPK_FAMILY = ("abs_topk", "aligned", "batch_topk", "matryoshka", "topk")
Theirs = Literal["batch_topk", "gated", "jumprelu", "matryoshka", "relu", "topk"]
Ours = Literal[
    "abs_topk",
    "aligned",
    "batch_topk",
    "gated",
    "jumprelu",
    "matching_pursuit",
    "matryoshka",
    "relu",
    "topk",
]
DEAD_TOKENS = 10_000_000
WARMUP, PENALTY_WARMUP = 1000, 2000


class Recipe(NamedTuple):
    """A model and its optimiser."""

    model: Model
    tx: optax.GradientTransformation


@factory
def saelens(
    *,
    architecture: Ours,
    d_in: Count,
    d_code: Count,
    learning_rate: Positive = 3e-4,
    **own: Any,
) -> Recipe:
    """SAELens: a free decoder that starts at norm 0.1, Adam at a constant rate, a clipped gradient.

    Args:
        architecture: name of the factory.
        d_in: inputs, >= 1.
        d_code: latents, >= 1.
        learning_rate: in (0, inf).
        own: arguments of the factory, in place of the recipe's: k, prefixes, a sparsity, ...

    Returns:
        A Recipe.

    Raises:
        ArgumentError: a value is out of range, missing or unknown; one line.
    """
    defaults: dict[str, Any] = {"init": inits.saelens()}
    if architecture in TOPK_FAMILY:
        defaults["dead"] = auxk(coefficient=1.0, window=1000)
    elif architecture == "jumprelu":
        defaults["sparsity"] = sparsity.step(coefficient=1.0)
    elif architecture == "matching_pursuit":
        defaults |= {"residual_threshold": 0.01, "stop_at_repeat": True, "k": d_in}
        defaults["init"] = inits.saelens(decoder_norm=1.0)
    else:
        defaults["sparsity"] = sparsity.l1(coefficient=1.0)
    model = _model(architecture, d_in, d_code, {**defaults, **own})
    return Recipe(model, sae_adam(learning_rate=learning_rate, clip=1.0, decoder="free"))


@factory
def dictionary_learning(
    *,
    architecture: Theirs,
    d_in: Count,
    d_code: Count,
    batch_size: Count,
    learning_rate: Positive | None = None,
    **own: Any,
) -> Recipe:
    """dictionary_learning: unit decoder rows, inputs of unit mean square, a warm-up of the rate.

    TopK and its kin start b_dec at the geometric median of the first batch. Each architecture has
    the rate, the penalty and the clipping of its own trainer.

    Args:
        architecture: name of the factory.
        d_in: inputs, >= 1.
        d_code: latents, >= 1.
        batch_size: of the run, >= 1: a latent is dead after ten million silent examples.
        learning_rate: in (0, inf); None is that of the trainer.
        own: arguments of the factory, in place of the recipe's: k, prefixes, a sparsity, ...

    Returns:
        A Recipe.

    Raises:
        ArgumentError: a value is out of range, missing or unknown; one line.
    """
    rate, b1, clip = {
        "relu": (1e-3, 0.9, None),
        "gated": (5e-5, 0.0, None),
        "jumprelu": (7e-5, 0.0, 1.0),
    }.get(architecture, (2e-4 / math.sqrt(d_code / 2**14), 0.9, 1.0))
    prefixes = own.get("prefixes")
    n_levels = len(prefixes) + 1 if isinstance(prefixes, (list, tuple)) else 1
    defaults = _theirs(architecture, batch_size, n_levels)
    model = _model(architecture, d_in, d_code, {**defaults, **own})
    tx = sae_adam(
        learning_rate=rate if learning_rate is None else learning_rate,
        b1=b1,
        clip=clip,
        decoder="unit",
        schedule=risen_over(WARMUP),
    )
    return Recipe(model, tx)


def risen_over(n_steps: int) -> Schedule:
    """0 in the first update, and 1 after n_steps, in a straight line."""

    def factor(step: Any) -> Array:
        return jnp.minimum(jnp.asarray(step, jnp.float32) / n_steps, 1.0)

    return factor


def _model(architecture: str, d_in: int, d_code: int, arguments: dict[str, Any]) -> Model:
    """What a factory makes of its arguments.

    Raises:
        ArgumentError: one is out of range, missing or unknown; one line.
    """
    build = ARCHITECTURES[architecture]
    try:
        inspect.signature(build).bind(d_in=d_in, d_code=d_code, **arguments)
    except TypeError as error:
        raise ArgumentError(f"architecture={architecture}: {error}") from None
    return build(d_in=d_in, d_code=d_code, **arguments)


def _theirs(architecture: str, batch_size: int, n_levels: int) -> dict[str, Any]:
    """What dictionary_learning has by default, for the factory of an architecture."""
    defaults: dict[str, Any] = {"init": inits.dictionary_learning(), "scale": "mean_square"}
    if architecture in ("relu", "gated"):
        defaults["sparsity"] = sparsity.l1(coefficient=0.1, warmup_steps=PENALTY_WARMUP)
    if architecture == "gated":
        defaults["frozen_decoder"] = True
    if architecture == "jumprelu":
        penalty = sparsity.relative(target=20.0, coefficient=1.0, warmup_steps=PENALTY_WARMUP)
        defaults |= {"bandwidth": 0.001, "pre_bias": False, "sparsity": penalty}
        defaults["init_threshold"] = 0.001
    if architecture in TOPK_FAMILY:
        # There silence is counted with the batch, and here before it.
        window: Scalar = max(0, math.ceil(DEAD_TOKENS / batch_size) - 2)
        defaults |= {
            "centre": "geometric_median",
            "dead": auxk(coefficient=1 / 32, window=window, normalised=True),
        }
    if architecture in ("batch_topk", "matryoshka"):
        defaults |= {"threshold_rate": 0.001, "threshold_start": 1001}
    if architecture == "matryoshka":
        # A mean over levels of errors that were divided by their number already.
        defaults["weights"] = [1 / n_levels**2] * n_levels
    return defaults
