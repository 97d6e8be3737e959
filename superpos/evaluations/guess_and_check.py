"""What networks say that are drawn at random and happen to fit.

Source: Chiang et al. 2023, Loss Landscapes are All You Need (ICLR), "guess and check"; Mingard
et al. 2021, Is SGD a Bayesian Sampler? Well, Almost (arXiv 2006.15191), P_B.
"""

import jax
import jax.numpy as jnp

from superpos.arguments import ArgumentError, Count, factory
from superpos.data.source import draw
from superpos.evaluations.held_out_fit import codes_of, held_out_of
from superpos.types import Array, Evaluation, Key, Model, Params, Source, State

AT_ONCE = 512
"""Networks."""


@factory
def guess_and_check(
    *, model: Model, source: Source, batch_size: Count, n_draws: Count, n_kept: Count
) -> Evaluation:
    """Outputs of networks that are drawn as the model starts, of those that fit; not of the model.

    What they say follows the Bayesian posterior of the start, with a likelihood of 1 for what fits
    and 0 for what does not. Give each member draws of its own, `common: false`, and put it `after`,
    as nothing is trained.

    Args:
        model: one that fits an example where each output has the sign of its target.
        source: one that holds examples out, such as `data.two_rules`.
        batch_size: examples that are to be fitted, >= 1; where the source gives always the same.
        n_draws: networks that are drawn, >= 1. Of random labels, one in 2^batch_size fits.
        n_kept: networks of which the outputs are kept, the first that fit, in [1, n_draws].

    Returns:
        An Evaluation of `guessed_outputs`, float32 (n_kept, n_held_out, n_outputs), nan from the
        one on after the last that fits, and `n_guessed`, int32 (), how many fit.

    Raises:
        ArgumentError: a value is out of range, or the source holds nothing out; one line.
    """
    if n_kept > n_draws:
        raise ArgumentError(f"n_kept={n_kept}: expected an integer in [1, {n_draws}], the n_draws")
    held_out = held_out_of(source, model)

    def measure(params: Params, state: State, key: Key) -> dict[str, Array]:
        del state
        batch = draw(source, key, batch_size, params)

        def start(number: Array) -> tuple[Params, State]:
            return model.init(jax.random.fold_in(key, number))

        def fits(number: Array) -> Array:
            return jnp.all((codes_of(model, *start(number), batch.inputs)[1] > 0) == wanted)

        def said(number: Array) -> Array:
            outputs = codes_of(model, *start(number), held_out)[1]
            return jnp.where(number < n_draws, outputs, jnp.nan)

        wanted = batch.targets > 0
        fit = jax.lax.map(fits, jnp.arange(n_draws), batch_size=min(AT_ONCE, n_draws))
        kept = jnp.nonzero(fit, size=n_kept, fill_value=n_draws)[0]
        found = jax.lax.map(said, kept, batch_size=min(AT_ONCE, n_kept))
        return {"guessed_outputs": found, "n_guessed": fit.sum(dtype=jnp.int32)}

    return Evaluation(measure, {"guessed_outputs": ("guess", "held_out", "output")})
