"""Explanations of the latents of an autoencoder of a language model, and how good they are.

All is measured on texts that the autoencoder has not seen, and explanations are scored on documents
that they were not fitted on.
"""

import functools
from collections.abc import Mapping, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from superpos import interp, metrics
from superpos.arguments import ArgumentError, Count, CountOrZero, factory
from superpos.required import check_fit
from superpos.types import Array, Dims, Evaluation, Key, Model, Params, Source, State

NEEDED = ("tokens", "document", "vocabulary")
EXAMPLES_AT_ONCE = 2048
N_SHOWN, N_EXCERPTS = 12, 6
"""Latents of which the contexts are kept in which they are most active, and how many contexts."""
SUFFIXES = ("", "_floor", "_reseed_sd")
NOT_SCORED = -1
"""In place of the number of a latent, where there are fewer than are asked for."""


@factory
def interpretation(
    *,
    model: Model,
    source: Source,
    activations: Mapping[str, Array],
    n_latents: Count = 300,
    n_reseeds: Count = 2,
    min_active: CountOrZero = 50,
) -> Evaluation:
    """Explain latents drawn at random from those that are active often enough, and score that.

    Args:
        model: a sparse autoencoder.
        source: activations of texts, some of which are held out.
        activations: the asset that it is of, with the arrays "tokens", (n_texts, length), and
            "document", (n_texts,), of the texts that are held out, and "vocabulary", the text of
            each token as UTF-8 in bytes, filled up with 0, (n_tokens, most).
        n_latents: how many, >= 1.
        n_reseeds: how often each is explained and scored anew, on other halves of the documents,
            >= 1.
        min_active: contexts in which a latent has to be active, or else it is not drawn, >= 0.

    Returns:
        An Evaluation. Of the autoencoder on what is held out: `held_out_l0`,
        `held_out_explained_variance`, `dead_share` and `eligible_share`, latents never active and
        those that can be drawn, all (). Of latents, (n_latents,): `latent`, its number, -1 where
        there is none; `active_share` of tokens; `token_entropy`, `top_token_entropy`,
        `largest_token_share` and `shuffled_token_entropy`, that of the same activations at random
        tokens; `context_gain` and its standard deviation over reseeds. By explainer, (n_latents,
        n_explainers), in the order of `superpos.interp.explainers.NAMES`: `bits`, and for each name
        of `superpos.interp.scorers.NAMES` the value, with `_floor` and `_reseed_sd`. Of some, for
        a page: `excerpt_tokens` and `excerpt_activations`, (shown, excerpt, length).

    Raises:
        ArgumentError: a value is out of range, the source holds nothing out, or the asset has no
            texts; one line.
    """
    check_fit(source, model)
    tokens, document, vocabulary = (_array(activations, name) for name in NEEDED)
    inputs = source.held_out
    if inputs is None or inputs.shape[0] != tokens.size:
        raise ArgumentError("source: expected one of the activations, with texts that are held out")
    n_tokens = vocabulary.shape[0]
    n_kept = min(n_latents, _n_codes(model, inputs))

    def measure(params: Params, state: State, key: Key) -> dict[str, Array]:
        code, recon = _codes(model, params, state, inputs)
        active = jnp.any((code != 0).reshape(*tokens.shape, -1), axis=1).sum(axis=0)
        eligible = active >= min_active
        key_choice, key_shuffle, key_scores = jax.random.split(key, 3)
        number, chosen = _chosen(key_choice, code, eligible, n_kept)
        flat = tokens.reshape(-1)
        shuffled = jax.random.permutation(key_shuffle, flat)
        windows = chosen.reshape(*tokens.shape, -1)
        seed = jax.random.bits(key_scores, (), jnp.uint32)
        scored = _scored(windows, tokens, document, vocabulary, seed, n_reseeds, min_active)
        return {
            "held_out_l0": metrics.l0(code),
            "held_out_explained_variance": metrics.explained_variance(recon, inputs),
            "dead_share": jnp.mean(~jnp.any(code != 0, axis=0)),
            "eligible_share": jnp.mean(eligible),
            "latent": number,
            "active_share": jnp.mean(chosen != 0, axis=0),
            "token_entropy": metrics.token_entropy(chosen, flat, n_tokens=n_tokens),
            "shuffled_token_entropy": metrics.token_entropy(chosen, shuffled, n_tokens=n_tokens),
            "top_token_entropy": metrics.top_token_entropy(windows, tokens, n_tokens=n_tokens),
            "largest_token_share": metrics.largest_token_share(chosen, flat, n_tokens=n_tokens),
            **_excerpts(windows, tokens),
            **scored,
        }

    return Evaluation(measure, DIMS, after=True)


_SCORES = tuple(f"{name}{suffix}" for name in interp.scorers.NAMES for suffix in SUFFIXES)
_BY_EXPLAINER = ("bits", *_SCORES)
_BY_LATENT = ("context_gain", "context_gain_reseed_sd")
DIMS: Dims = {
    **dict.fromkeys(
        (
            "latent",
            "active_share",
            "token_entropy",
            "shuffled_token_entropy",
            "top_token_entropy",
            "largest_token_share",
            *_BY_LATENT,
        ),
        ("scored_latent",),
    ),
    **dict.fromkeys(_BY_EXPLAINER, ("scored_latent", "explainer")),
    **dict.fromkeys(
        ("excerpt_tokens", "excerpt_activations"), ("shown_latent", "excerpt", "place")
    ),
}


def texts_of(vocabulary: np.ndarray) -> list[str]:
    """The text of each token, from bytes filled up with 0, (n_tokens, most)."""
    return [bytes(row).rstrip(b"\0").decode(errors="replace") for row in np.asarray(vocabulary)]


def _array(activations: Mapping[str, Array], name: str) -> Array:
    if name not in activations:
        raise ArgumentError(f"activations: has no {name}, expected {', '.join(NEEDED)}")
    return activations[name]


def _n_codes(model: Model, inputs: Array) -> int:
    params, state = jax.eval_shape(lambda: model.init(jax.random.key(0)))
    return jax.eval_shape(model.apply, params, state, inputs[0]).code.shape[0]


def _codes(model: Model, params: Params, state: State, inputs: Array) -> tuple[Array, Array]:
    """Codes and reconstructions, a part of the examples at a time."""

    def one(x: Array) -> tuple[Array, Array]:
        found = model.apply(params, state, x)
        return found.code, found.recon

    return jax.lax.map(one, inputs, batch_size=EXAMPLES_AT_ONCE)


def _chosen(key: Key, code: Array, eligible: Array, n: int) -> tuple[Array, Array]:
    """Numbers of latents drawn from the eligible, and their codes; -1 and 0 beyond these."""
    order = jnp.argsort(jnp.where(eligible, jax.random.uniform(key, eligible.shape), 2.0))[:n]
    there = eligible[order]
    number = jnp.where(there, order, NOT_SCORED)
    return number, jnp.where(there[None], jnp.take(code, order, axis=1), 0.0)


def _excerpts(windows: Array, tokens: Array) -> dict[str, Array]:
    """Contexts in which the first latents are most active, (n_shown, n_excerpts, length)."""
    shown = jnp.moveaxis(windows[..., :N_SHOWN], -1, 0)
    _, best = jax.lax.top_k(shown.max(axis=-1), min(N_EXCERPTS, tokens.shape[0]))
    values = jnp.take_along_axis(shown, best[..., None], axis=1)
    return {"excerpt_tokens": tokens[best], "excerpt_activations": values}


def _scored(
    windows: Array,
    tokens: Array,
    document: Array,
    vocabulary: Array,
    seed: Array,
    n_reseeds: int,
    min_active: int,
) -> dict[str, Array]:
    """What `superpos.interp.score` finds on the host, latents that are not there as nan."""
    n_latents = windows.shape[-1]
    by_explainer = jax.ShapeDtypeStruct((n_latents, len(interp.explainers.NAMES)), np.float32)
    by_latent = jax.ShapeDtypeStruct((n_latents,), np.float32)
    shapes = {
        **dict.fromkeys(_BY_EXPLAINER, by_explainer),
        **dict.fromkeys(_BY_LATENT, by_latent),
    }
    score = functools.partial(_on_host, n_reseeds=n_reseeds, min_active=max(1, min_active))
    return jax.pure_callback(
        score, shapes, windows, tokens, document, vocabulary, seed, vmap_method="sequential"
    )


def _on_host(
    windows: Array,
    tokens: Array,
    document: Array,
    vocabulary: Array,
    seed: Array,
    *,
    n_reseeds: int,
    min_active: int,
) -> dict[str, np.ndarray]:
    texts: Sequence[str] = texts_of(np.asarray(vocabulary))
    codes = np.maximum(np.asarray(windows), 0)
    scores = interp.score(
        contexts=interp.Contexts(np.asarray(tokens), np.asarray(document)),
        activations=codes.reshape(-1, codes.shape[-1]),
        explainers=interp.explainers.offline(texts),
        scorers=interp.scorers.offline(),
        seed=int(seed),
        n_reseeds=n_reseeds,
        min_active=min_active,
    )
    gains = interp.context_gain(scores, context="trigram")
    gain, deviation = interp.scoring.mean_and_sd(gains)
    found = {**interp.summary(scores), "context_gain": gain, "context_gain_reseed_sd": deviation}
    return {name: np.asarray(found[name], np.float32) for name in (*_BY_EXPLAINER, *_BY_LATENT)}
