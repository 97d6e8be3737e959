"""BatchTopK whose first latents reconstruct on their own, too.

Source: Bussmann et al. 2025, Learning Multi-Level Features with Matryoshka Sparse Autoencoders
(arXiv 2503.17547), with the losses of SAELens 6.54.12 or, by their weights, of dictionary_learning.
"""

from superpos.arguments import (
    AtLeastOne,
    Count,
    CountOrZero,
    Counts,
    MaybeAtLeastOne,
    NonNegatives,
    PositiveFraction,
    factory,
)
from superpos.models.inits import Init
from superpos.saes.batch_topk import batch_architecture
from superpos.saes.dead import Dead
from superpos.saes.inputs import Centre, Scale
from superpos.saes.nested import nested
from superpos.saes.parts import Around
from superpos.saes.skeleton import sparse_autoencoder
from superpos.types import Model


@factory
def matryoshka(
    *,
    d_in: Count,
    d_code: Count,
    k: AtLeastOne,
    prefixes: Counts,
    weights: NonNegatives | None = None,
    threshold_rate: PositiveFraction = 0.01,
    threshold_start: CountOrZero = 0,
    width: MaybeAtLeastOne = None,
    pre_bias: bool = True,
    init: Init | None = None,
    dead: Dead | None = None,
    centre: Centre = "none",
    scale: Scale = "none",
) -> Model:
    """The k·batch largest latents of a batch, and errors of nested prefixes of the latents.

    Args:
        d_in: inputs, >= 1.
        d_code: latents, >= 1.
        k: active latents of an example on average, in [1, width].
        prefixes: how many latents each of the inner levels has, rising numbers in [1, d_code). A
            level is left out that has no fewer than there are in use.
        weights: of the error of each level, from the first prefix to all latents, >= 0; None is 1
            for each.
        threshold_rate: of the running mean that is the threshold, in (0, 1].
        threshold_start: the update in which that mean begins, >= 0.
        width: latents in use, the first of them, in [1, d_code]; a fraction is dropped. None is
            all.
        pre_bias: whether b_dec is taken from the inputs of the encoder.
        init: initial parameters, of `saes.inits`; None is `saelens`.
        dead: what brings dead latents back, such as `saes.auxk`; None is nothing.
        centre: what inputs are centred at: "none", "mean" or "geometric_median" of the first batch.
        scale: what they are divided by: "none", "mean_square" or "mean_norm".

    Returns:
        A Model over SaeParams, whose state is a SaeState and whose code is that of decoder rows of
        norm 1. `sparse_autoencoder` says what its loss is and what it measures; `inner_<n>` is the
        weighted error of a level, and that of all latents counts with the last weight.

    Raises:
        ArgumentError: a value is out of range, or a component does not fit the model.
        AssertionError: a batch whose width is not d_in.
    """
    architecture = batch_architecture(
        d_in, d_code, k, threshold_rate, threshold_start, pre_bias=pre_bias
    )
    architecture = nested(architecture, prefixes, weights, d_code=d_code, width=width)
    around = Around(width=width, init=init, dead=dead, centre=centre, scale=scale)
    return sparse_autoencoder(architecture, around, d_in=d_in, d_code=d_code)
