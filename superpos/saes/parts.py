"""What a sparse autoencoder is made of, and what it remembers from batch to batch."""

from collections.abc import Callable
from typing import Any, NamedTuple

import flax.struct
import jax
import jax.numpy as jnp

from superpos.models.inits import Init
from superpos.saes.dead import Dead, Resampling
from superpos.saes.inputs import Centre, Frame, Scale, frame_of
from superpos.saes.parameters import fired
from superpos.saes.sparsity import Latents, Penalty, Sparsity
from superpos.saes.tuner import Tuner
from superpos.types import Array, Dims, Params, Scalar


class Pass(NamedTuple):
    """What an architecture makes of a batch.

    Attributes:
        pre: pre-activations, (batch, d_code).
        code: (batch, d_code); 0 for a latent that is not active or not in use.
        recon: (batch, d_in).
        rank: by what latents are chosen; None is the pre-activations.
        penalised: activations that the penalty reads; None is the code.
        gate: 1 where a latent is active, with a gradient to its threshold; None has no thresholds.
    """

    pre: Array
    code: Array
    recon: Array
    rank: Array | None = None
    penalised: Array | None = None
    gate: Array | None = None


def _nothing(params: Params, x: Array, found: Pass) -> dict[str, Array]:
    del params, x, found
    return {}


def _of_all(penalty: Penalty, latents: Latents) -> Array:
    return penalty(latents)


class Architecture(NamedTuple):
    """What is an architecture's own. Its parameters have W_dec (d_code, d_in) and b_dec (d_in,).

    Attributes:
        zeros: parameters before they are initialised.
        forward: (params, x, used) -> Pass, of a batch in training. Inputs are in their frame; used
            says which latents are, bool (1, d_code).
        decoder: params -> what a code is multiplied by, (d_code, d_in).
        dims: names of the dimensions of the parameters.
        terms: (params, x, Pass) -> name -> what the loss has beside the error, the penalty and the
            dead latents.
        infer: (params, threshold, x, used) -> Pass, outside training; None is `forward`.
        threshold: (threshold, step, Pass) -> threshold (), of `infer`; None has none.
        k: active latents of an example that are asked for; None where none are.
        weight: of the error of the whole code.
        penalise: (penalty, latents) -> (), what the loss has of a penalty.
    """

    zeros: Callable[[], Params]
    forward: Callable[[Params, Array, Array], Pass]
    decoder: Callable[[Params], Array]
    dims: Dims
    terms: Callable[[Params, Array, Pass], dict[str, Array]] = _nothing
    infer: Callable[[Params, Array, Array, Array], Pass] | None = None
    threshold: Callable[[Array, Array, Pass], Array] | None = None
    k: Scalar | None = None
    weight: Scalar = 1.0
    penalise: Callable[[Penalty, Latents], Array] = _of_all


class Around(NamedTuple):
    """What stands around an architecture; each is an argument of the factories.

    Attributes:
        width: latents in use, the first ones; None is all.
        init: of the parameters; None is `saes.inits.saelens`.
        sparsity: a penalty; None is none.
        tuner: of its coefficient; None leaves that as it is.
        dead: what brings dead latents back; None is nothing.
        centre: what inputs are centred at.
        scale: what they are divided by.
    """

    width: Scalar | None = None
    init: Init | None = None
    sparsity: Sparsity | None = None
    tuner: Tuner | None = None
    dead: Dead | None = None
    centre: Centre = "none"
    scale: Scale = "none"


@flax.struct.dataclass(kw_only=True)
class SaeState:
    """The state of a sparse autoencoder; () in place of what it has not.

    Attributes:
        step: updates done, int32 ().
        silent: updates since each latent fired, int32 (d_code,).
        threshold: above which a latent is active outside training, where the batch decides in it,
            ().
        frame: of the inputs, from the first batch.
        tuner: of the coefficient.
        resampling: what an optimiser needs to start dead latents anew.
    """

    step: Array
    silent: Array
    threshold: Any = ()
    frame: Any = ()
    tuner: Any = ()
    resampling: Any = ()


def first_state(architecture: Architecture, around: Around, d_in: int, d_code: int) -> SaeState:
    """The state before the first update."""
    framed = (around.centre, around.scale) != ("none", "none")
    tuner, sparsity = around.tuner, around.sparsity
    return SaeState(
        step=jnp.int32(0),
        silent=jnp.zeros(d_code, jnp.int32),
        threshold=() if architecture.threshold is None else jnp.zeros(()),
        frame=Frame(centre=jnp.zeros(d_in), scale=jnp.ones(())) if framed else (),
        tuner=() if tuner is None or sparsity is None else tuner.start(sparsity.coefficient),
        resampling=_resampling(architecture, d_in, d_code)
        if around.dead is not None and around.dead.term is None
        else (),
    )


def _resampling(architecture: Architecture, d_in: int, d_code: int) -> Resampling:
    """Before the first update, in which nothing is dead."""
    zeros = architecture.zeros()
    per_latent = [name for name, dims in architecture.dims.items() if dims == ("latent",)]
    return Resampling(
        dead=jnp.zeros(d_code, bool),
        used=jnp.ones(d_code, bool),
        examples=jnp.zeros((d_code, d_in)),
        starts={name: getattr(zeros, name) for name in per_latent},
    )


def frame_at(state: SaeState, inputs: Array, around: Around) -> Any:
    """That of the state; in the first update that of the batch."""
    if state.frame == ():
        return ()
    first = frame_of(inputs, around.centre, around.scale)
    return jax.tree.map(
        lambda old, new: jnp.where(state.step == 0, new.astype(old.dtype), old), state.frame, first
    )


def next_state(
    architecture: Architecture,
    around: Around,
    state: SaeState,
    frame: Any,
    found: Pass,
    l0: Array,
) -> SaeState:
    """The state after an update."""
    threshold, tuner = state.threshold, state.tuner
    if architecture.threshold is not None:
        threshold = architecture.threshold(threshold, state.step, found).astype(threshold.dtype)
    if around.tuner is not None and around.sparsity is not None:
        tuner = around.tuner.tuned(tuner, l0, state.step, around.sparsity.warmup_steps)
    new = SaeState(
        step=state.step + 1,
        silent=jnp.where(fired(found.code), 0, state.silent + 1),
        threshold=threshold,
        frame=frame,
        tuner=tuner,
    )
    return jax.lax.stop_gradient(new)
