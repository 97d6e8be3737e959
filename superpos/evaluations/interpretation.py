"""Explanations of the latents of an autoencoder of a language model, and how good they are.

All is measured on texts that the autoencoder has not seen, and explanations are scored on documents
that they were not fitted on.
"""

import functools
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np

from superpos import interp, metrics
from superpos.arguments import ArgumentError, Count, CountOrZero, factory
from superpos.evaluations.held_out_fit import codes_of, held_out_of
from superpos.interp.scorers.simulation import N_TOKENS
from superpos.interp.scoring import mean_and_sd
from superpos.required import require
from superpos.types import Array, Dims, Evaluation, Key, Model, Params, Source, State

NEEDED = ("tokens", "document", "vocabulary")
N_SHOWN, N_EXCERPTS = 12, 6
"""Latents of which the contexts are kept in which they are most active, and how many contexts."""
EXPLAINERS = tuple(interp.explainers.offline(("",)))
"""By name, in the order of their dimension."""
SCORERS = tuple(interp.scorers.offline())
SHOWN_EXPLAINER, MOST_BYTES = "decision_list", 400
SUFFIXES = ("", "_floor", "_reseed_sd")
GAINS = ("context_gain", "context_gain_reseed_sd")
BY_LATENT = (
    "active_share",
    "token_entropy",
    "shuffled_token_entropy",
    "top_token_entropy",
    "largest_token_share",
    *GAINS,
)
BY_EXPLAINER = ("bits", *(f"{name}{suffix}" for name in SCORERS for suffix in SUFFIXES))
DIMS: Dims = {
    **dict.fromkeys(("latent_number", *BY_LATENT), ("scored_latent",)),
    **dict.fromkeys(BY_EXPLAINER, ("scored_latent", "explainer")),
    "excerpt_text": ("shown_latent", "excerpt", "place", "token_byte"),
    "excerpt_activations": ("shown_latent", "excerpt", "place"),
    "explanation": ("shown_latent", "byte"),
}
"""Of the results of `interpretation`."""


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
            each token as UTF-8 in bytes, filled up with 0, (n_tokens, most); 9 tokens of a text or
            more, as an example of `interp.scorers.simulation` has, and 2 documents or more.
        n_latents: how many, >= 1.
        n_reseeds: how often each is explained and scored anew, on other halves of the documents,
            >= 1.
        min_active: contexts in which a latent has to be active, or else it is not drawn, >= 0.

    Returns:
        An Evaluation. `eligible_share` of the latents can be drawn, (). Of those that are drawn,
        (n,), with n the smaller of n_latents and d_code: `latent_number`, -1 where there are no
        more; `active_share` of tokens; `token_entropy`, `top_token_entropy`, `largest_token_share`,
        and `shuffled_token_entropy`, that of the same activations at random tokens; `context_gain`
        and its standard deviation over reseeds. By explainer, (n, n_explainers), in the order of
        EXPLAINERS: `bits`, and for each of SCORERS the value, with `_floor` and `_reseed_sd`. Of
        some, for a page: the contexts in which they are most active, as `excerpt_text`, (n_shown,
        n_excerpts, length, most), and `excerpt_activations`, without the last dimension; and
        `explanation`, that of SHOWN_EXPLAINER, (n_shown, most); texts are as `vocabulary` has them.

    Raises:
        ArgumentError: a value is out of range, the source holds nothing out, or the asset has no
            texts, too short ones or those of one document; one line.
    """
    inputs = held_out_of(source, model)
    tokens, document, vocabulary = (_array(activations, name) for name in NEEDED)
    if inputs.shape[0] != tokens.size:
        raise ArgumentError(
            f"activations.tokens of shape {tokens.shape}: expected the {inputs.shape[0]} tokens at"
            " which activations are held out"
        )
    if tokens.shape[1] < N_TOKENS:
        raise ArgumentError(
            f"activations.tokens of shape {tokens.shape}: expected texts of {N_TOKENS} or more"
        )
    require(
        lambda document: document.min() < document.max(),
        [document],
        lambda: "activations.document: expected 2 documents or more",
    )
    n_tokens = vocabulary.shape[0]
    n_kept = min(n_latents, _n_codes(model, inputs))

    def measure(params: Params, state: State, key: Key) -> dict[str, Array]:
        code, _ = codes_of(model, params, state, inputs)
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
            "eligible_share": jnp.mean(eligible),
            "latent_number": number,
            "active_share": jnp.mean(chosen != 0, axis=0),
            "token_entropy": metrics.token_entropy(chosen, flat, n_tokens=n_tokens),
            "shuffled_token_entropy": metrics.token_entropy(chosen, shuffled, n_tokens=n_tokens),
            "top_token_entropy": metrics.top_token_entropy(windows, tokens, n_tokens=n_tokens),
            "largest_token_share": metrics.largest_token_share(chosen, flat, n_tokens=n_tokens),
            **_excerpts(windows, tokens, vocabulary),
            **scored,
        }

    return Evaluation(measure, DIMS)


def _array(activations: Mapping[str, Array], name: str) -> Array:
    if name not in activations:
        raise ArgumentError(f"activations: has no {name}, expected {', '.join(NEEDED)}")
    return activations[name]


def _n_codes(model: Model, inputs: Array) -> int:
    params, state = jax.eval_shape(lambda: model.init(jax.random.key(0)))
    return jax.eval_shape(model.apply, params, state, inputs[0]).code.shape[0]


def _chosen(key: Key, code: Array, eligible: Array, n: int) -> tuple[Array, Array]:
    """Numbers of latents drawn from the eligible, and their codes; -1 and 0 beyond these."""
    order = jnp.argsort(jnp.where(eligible, jax.random.uniform(key, eligible.shape), 2.0))[:n]
    there = eligible[order]
    number = jnp.where(there, order, -1)
    return number, jnp.where(there[None], jnp.take(code, order, axis=1), 0.0)


def _excerpts(windows: Array, tokens: Array, vocabulary: Array) -> dict[str, Array]:
    """Contexts in which the first latents are most active, (n_shown, n_excerpts, length)."""
    shown = jnp.moveaxis(windows[..., :N_SHOWN], -1, 0)
    _, best = jax.lax.top_k(shown.max(axis=-1), min(N_EXCERPTS, tokens.shape[0]))
    values = jnp.take_along_axis(shown, best[..., None], axis=1)
    return {"excerpt_text": vocabulary[tokens[best]], "excerpt_activations": values}


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
    by_explainer = jax.ShapeDtypeStruct((n_latents, len(EXPLAINERS)), np.float32)
    by_latent = jax.ShapeDtypeStruct((n_latents,), np.float32)
    n_shown = min(N_SHOWN, n_latents)
    shapes = {
        **dict.fromkeys(BY_EXPLAINER, by_explainer),
        **dict.fromkeys(GAINS, by_latent),
        "explanation": jax.ShapeDtypeStruct((n_shown, MOST_BYTES), np.uint8),
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
    contexts = interp.Contexts(np.asarray(tokens), np.asarray(document))
    codes = np.maximum(np.asarray(windows), 0)
    explainers = interp.explainers.offline(interp.from_bytes(np.asarray(vocabulary)))
    scores = interp.score(
        contexts=contexts,
        activations=codes.reshape(-1, codes.shape[-1]),
        explainers=explainers,
        scorers=interp.scorers.offline(),
        seed=int(seed),
        n_reseeds=n_reseeds,
        min_active=min_active,
    )
    gains = interp.context_gain(scores, context="trigram")
    gain, deviation = mean_and_sd(gains)
    found = {**interp.summary(scores), "context_gain": gain, "context_gain_reseed_sd": deviation}
    rng = np.random.default_rng(int(seed))
    explain = explainers[SHOWN_EXPLAINER]
    shown = np.moveaxis(codes[..., :N_SHOWN], -1, 0)
    texts = [explain(contexts, code, rng).text if code.any() else "" for code in shown]
    numbers = (*BY_EXPLAINER, *GAINS)
    return {
        **{name: np.asarray(found[name], np.float32) for name in numbers},
        "explanation": interp.to_bytes(texts, MOST_BYTES),
    }
