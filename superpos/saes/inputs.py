"""Where the inputs of an autoencoder are moved to, and how they are scaled, from its first batch.

Both are kept in the state of the model: its parameters and its loss are those of inputs that are
centred and scaled. A bias b_dec that starts at a centre is the same as one that starts at 0 for
inputs from which the centre was taken, as an optimiser sees gradients alone.
"""

from typing import Literal

import flax.struct
import jax
import jax.numpy as jnp

from superpos.types import Array

Centre = Literal["none", "mean", "geometric_median"]
Scale = Literal["none", "mean_square", "mean_norm"]
MEDIAN_STEPS = 100
"""Of Weiszfeld's iteration, at the most, as in dictionary_learning."""
MEDIAN_TOLERANCE = 1e-5
"""The least step, as part of the mean distance from the mean; a point as near as this is there."""


@flax.struct.dataclass(kw_only=True)
class Frame:
    """An affine frame, in which x is (x - centre) / scale.

    Attributes:
        centre: (d_in,).
        scale: > 0, ().
    """

    centre: Array
    scale: Array

    def enter(self, x: Array) -> Array:
        """Inputs as the model sees them, (..., d_in)."""
        centre = self.centre.reshape((1,) * (x.ndim - 1) + self.centre.shape)
        return (x - centre) / self.scale

    def leave(self, x: Array) -> Array:
        """The way back, (..., d_in)."""
        return x * self.scale + self.centre.reshape((1,) * (x.ndim - 1) + self.centre.shape)


def frame_of(inputs: Array, centre: Centre, scale: Scale) -> Frame:
    """The frame of a batch.

    Args:
        inputs: (batch, d_in).
        centre: "none", the "mean", or the "geometric_median".
        scale: "none"; "mean_square", after which the squared norm is 1 on average; or "mean_norm",
            after which the norm is √d_in on average. Of what the centre was not taken from.

    Returns:
        A Frame.

    Reference:
        Rajamanoharan et al. 2024, JumpReLU (arXiv 2407.14435), section 3.1 (mean_square);
        Conerly et al. 2024, Update on training SAEs, Anthropic, April (mean_norm).
    """
    centres = {"mean": lambda: inputs.mean(0), "geometric_median": lambda: geometric_median(inputs)}
    squares = jnp.sum(jnp.square(inputs), axis=-1)
    scales = {
        "mean_square": lambda: jnp.sqrt(squares.mean()),
        "mean_norm": lambda: jnp.sqrt(squares).mean() / jnp.sqrt(1.0 * inputs.shape[-1]),
    }
    size = scales[scale]() if scale in scales else jnp.ones((), inputs.dtype)
    at = centres[centre]() if centre in centres else jnp.zeros_like(inputs[0])
    return Frame(centre=at, scale=jnp.where(size > 0, size, 1.0))


def geometric_median(points: Array) -> Array:
    """The point with the least sum of distances to the others, by Weiszfeld's iteration.

    At one of the points themselves it stays only where no other place is nearer to all.

    Args:
        points: (n, d).

    Returns:
        (d,), to about 1e-5 of the mean distance from the mean, or what 100 steps from there reach.

    Reference:
        Vardi & Zhang 2000, The multivariate L1-median and associated data depth.
    """
    mean = points.mean(0)
    close = MEDIAN_TOLERANCE * jnp.linalg.norm(points - mean[None], axis=1).mean()

    def far(loop: tuple[Array, Array, Array]) -> Array:
        step, guess, before = loop
        moved = jnp.linalg.norm(guess - before) > close
        return (step < MEDIAN_STEPS) & (moved | (step == 0))

    def nearer(loop: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        step, guess, _ = loop
        ways = points - guess[None]
        distances = jnp.linalg.norm(ways, axis=1, keepdims=True)
        here = distances <= close
        weights = jnp.where(here, 0, 1 / jnp.where(here, 1, distances))
        pull = jnp.sum(weights * ways, 0)
        free = 1 - jnp.sum(here) / jnp.maximum(jnp.linalg.norm(pull), jnp.finfo(pull.dtype).tiny)
        total = jnp.sum(weights)
        moves = jnp.maximum(free, 0) * pull / jnp.where(total > 0, total, 1)
        return step + 1, guess + moves, guess

    return jax.lax.while_loop(far, nearer, (jnp.int32(0), mean, mean))[1]
