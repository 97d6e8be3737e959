"""ReLU latents with a penalty, whose first latents reconstruct on their own, too.

Source: Chanin, Dulka & Garriga-Alonso 2025, Feature Hedging (arXiv 2505.11756): Matryoshka with L1,
whose inner levels weigh less where they are to balance hedging and absorption.
"""

from superpos.arguments import Count, Counts, MaybeAtLeastOne, NonNegatives, factory
from superpos.models.inits import Init
from superpos.saes.dead import Dead
from superpos.saes.inputs import Centre, Scale
from superpos.saes.nested import nested
from superpos.saes.parts import Around
from superpos.saes.relu import relu_architecture
from superpos.saes.skeleton import sparse_autoencoder
from superpos.saes.sparsity import Sparsity
from superpos.saes.tuner import Tuner
from superpos.types import Model


@factory
def matryoshka_relu(
    *,
    d_in: Count,
    d_code: Count,
    prefixes: Counts,
    weights: NonNegatives | None = None,
    detached: bool = False,
    sparsity: Sparsity | None = None,
    width: MaybeAtLeastOne = None,
    pre_bias: bool = True,
    init: Init | None = None,
    tuner: Tuner | None = None,
    dead: Dead | None = None,
    centre: Centre = "none",
    scale: Scale = "none",
) -> Model:
    """ReLU(W_encᵀ (x - b_dec) + b_enc), with errors and penalties of nested prefixes of the code.

    Args:
        d_in: inputs, >= 1.
        d_code: latents, >= 1.
        prefixes: how many latents each of the inner levels has, rising numbers in [1, d_code). A
            level is left out that has no fewer than there are in use.
        weights: of each level, its error and its penalty, from the first prefix to all latents,
            >= 0; None is 1 for each.
        detached: whether each level trains only the latents that the level before does not have, so
            that the first ones learn as if they were alone. All levels train b_dec.
        sparsity: the penalty, such as `saes.sparsity.l1`; None is none.
        width: latents in use, the first of them, in [1, d_code]; a fraction is dropped. None is
            all.
        pre_bias: whether b_dec is taken from the inputs of the encoder.
        init: initial parameters, of `saes.inits`; None is `saelens`.
        tuner: of the coefficient of the penalty, until L0 is what is asked for; None leaves it.
        dead: what brings dead latents back; None is nothing.
        centre: what inputs are centred at: "none", "mean" or "geometric_median" of the first batch.
        scale: what they are divided by: "none", "mean_square" or "mean_norm".

    Returns:
        A Model over SaeParams, whose state is a SaeState. `sparse_autoencoder` says what its loss
        is and what it measures; `inner_<n>` is the weighted error of a level, and that of all
        latents counts with the last weight. `sparsity` is the sum over levels.

    Raises:
        ArgumentError: a value is out of range, or a component does not fit the model.
        AssertionError: a batch whose width is not d_in.
    """
    architecture = relu_architecture(d_in, d_code, tied=False, pre_bias=pre_bias)
    architecture = nested(
        architecture, prefixes, weights, d_code=d_code, width=width, detached=detached
    )
    around = Around(width, init, sparsity, tuner, dead, centre, scale)
    return sparse_autoencoder(architecture, around, d_in=d_in, d_code=d_code)
