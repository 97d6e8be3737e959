"""Explanations of many latents, fitted on one half of the documents and scored on the other.

All is done again with other halves and other examples, as often as there are reseeds, so that
beside each score stands how much of it is chance.
"""

import zlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse

from superpos.arguments import (
    ArgumentError,
    Count,
    CountOrZero,
    Seed,
    did_you_mean,
    factory,
    shown,
)
from superpos.interp.protocol import (
    Contexts,
    Explainer,
    Explanation,
    Score,
    Scorer,
    check,
    split,
    take,
)

UNIGRAM = "unigram"
R_SQUARED = "r_squared"


class Scores(NamedTuple):
    """Scores of latents by explainer; nan for latents that are skipped.

    Attributes:
        explainers: their names, in order.
        n_active: contexts in which each latent is active, int (n_latents,).
        skipped: whether these are too few, bool (n_latents,).
        bits: lengths of the explanations, (n_reseeds, n_latents, n_explainers).
        values: by scorer, each of the same shape; nan where a score cannot be computed.
        floors: by scorer, what a trivial prediction scores, of the same shape.
        n_examples: by scorer, that the value rests on, int, of the same shape.
    """

    explainers: tuple[str, ...]
    n_active: np.ndarray
    skipped: np.ndarray
    bits: np.ndarray
    values: dict[str, np.ndarray]
    floors: dict[str, np.ndarray]
    n_examples: dict[str, np.ndarray]


@factory
def score(
    *,
    contexts: Contexts,
    activations: Any,
    explainers: Mapping[str, Explainer],
    scorers: Mapping[str, Scorer],
    seed: Seed,
    n_reseeds: Count = 3,
    min_active: CountOrZero = 200,
) -> Scores:
    """Explain latents, and score the explanations on documents that no explainer has seen.

    Args:
        contexts: of at least 2 documents.
        activations: of all latents at each token, at least 0, (n * length, n_latents): an array, or
            a sparse one of SciPy's.
        explainers: by name, one or more.
        scorers: by name, one or more. Of a latent, all explanations are scored on the same
            examples.
        seed: which documents are in which half, and which examples are drawn.
        n_reseeds: how often all is done.
        min_active: contexts in which a latent has to be active, or else it is skipped.

    Returns:
        The Scores.

    Raises:
        ArgumentError: a shape or a number is not as it should be, there is no explainer or no
            scorer, or all contexts are of one document; one line.
    """
    check(contexts)
    _check_activations(contexts, activations)
    halves = [split(contexts, np.random.default_rng([seed, each])) for each in range(n_reseeds)]
    _check_functions("explainers", explainers)
    _check_functions("scorers", scorers)
    parts = [tuple(take(contexts, half) for half in pair) for pair in halves]
    activations = activations.tocsc() if issparse(activations) else np.asarray(activations)
    n_latents = activations.shape[1]
    n_active = np.zeros(n_latents, int)
    bits = np.full((n_reseeds, n_latents, len(explainers)), np.nan)
    found = np.full((*bits.shape, len(scorers), len(Score._fields)), np.nan)
    for latent in range(n_latents):
        values = _column(activations, latent).reshape(contexts.tokens.shape)
        n_active[latent] = np.count_nonzero(values.any(1))
        if n_active[latent] < min_active:
            continue
        for reseed, (fitting, scoring) in enumerate(parts):
            fitted, held_out = (values[half] for half in halves[reseed])
            key = (seed, reseed, latent)
            scores_of = [
                scorer(scoring, held_out, _generator(*key, f"scorers.{name}"))
                for name, scorer in scorers.items()
            ]
            for at, (name, explain) in enumerate(explainers.items()):
                explanation = _checked(
                    name, explain(fitting, fitted, _generator(*key, f"explainers.{name}"))
                )
                bits[reseed, latent, at] = explanation.bits
                found[reseed, latent, at] = [score_of(explanation) for score_of in scores_of]
    by_scorer = dict(zip(scorers, np.moveaxis(found, -2, 0), strict=True))
    return Scores(
        explainers=tuple(explainers),
        n_active=n_active,
        skipped=n_active < min_active,
        bits=bits,
        values={name: each[..., 0] for name, each in by_scorer.items()},
        floors={name: each[..., 1] for name, each in by_scorer.items()},
        n_examples={
            name: np.nan_to_num(each[..., 2]).astype(int) for name, each in by_scorer.items()
        },
    )


def context_gain(scores: Scores, *, context: str, token: str = UNIGRAM) -> np.ndarray:
    """How much more variance an explanation by context explains than one by the token alone.

    Args:
        scores: with the scorer `r_squared` among them.
        context: name of the explainer that sees the tokens before.
        token: name of the explainer that sees the token.

    Returns:
        The difference of their shares of variance, of the same halves, (n_reseeds, n_latents). Its
        floor is 0.

    Raises:
        ArgumentError: scores of that name were not taken; one line.
    """
    values = scores.values[_known("scores", R_SQUARED, list(scores.values))]
    names = {"context": context, "token": token}
    places = [
        scores.explainers.index(_known(argument, name, scores.explainers))
        for argument, name in names.items()
    ]
    return values[..., places[0]] - values[..., places[1]]


def summary(scores: Scores) -> dict[str, np.ndarray]:
    """Means over reseeds, their floors, and how they differ between reseeds.

    Args:
        scores: of latents by explainer.

    Returns:
        `bits` and each scorer's name: its mean. With `_reseed_sd`: the standard deviation over
        reseeds. A scorer's name with `_floor`: the mean of what a trivial prediction scores; with
        `_n_missing`: in how many reseeds a latent that is not skipped has no score. Each is
        (n_latents, n_explainers), nan where there is no number. `n_active` and `skipped`:
        (n_latents,).
    """
    found: dict[str, np.ndarray] = {"n_active": scores.n_active, "skipped": scores.skipped}
    for name, values in {"bits": scores.bits, **scores.values}.items():
        found[name], found[f"{name}_reseed_sd"] = mean_and_sd(values)
    for name, floors in scores.floors.items():
        found[f"{name}_floor"] = mean_and_sd(floors)[0]
        missing = np.isnan(scores.values[name]).sum(0)
        found[f"{name}_n_missing"] = np.where(scores.skipped[:, None], 0, missing)
    return found


def mean_and_sd(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean and the standard deviation over the first axis, of what is not nan.

    Args:
        values: (n, ...).

    Returns:
        (...) each; nan for a mean of none, and for a deviation of fewer than 2.
    """
    known = ~np.isnan(values)
    n = known.sum(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known, values, 0).sum(0) / n
        squares = np.where(known, np.square(values - mean), 0).sum(0)
        return mean, np.sqrt(np.where(n > 1, squares / (n - 1), np.nan))


def _check_functions(argument: str, functions: Mapping[str, Any]) -> None:
    """Refuse what are no functions by name.

    Raises:
        ArgumentError: one line.
    """
    if not functions:
        raise ArgumentError(f"{argument}={shown(functions)}: expected one or more")
    for name, function in functions.items():
        if not isinstance(name, str) or not callable(function):
            raise ArgumentError(f"{argument}.{name}={shown(function)}: expected a function")


def _check_activations(contexts: Contexts, activations: Any) -> None:
    """Refuse what are no activations at the tokens of contexts.

    Raises:
        ArgumentError: one line.
    """
    size = contexts.tokens.size
    shape = list(getattr(activations, "shape", ()))
    if len(shape) != 2 or shape[0] != size:
        raise ArgumentError(f"activations: have shape {shape}, expected [{size}, n_latents]")
    values = activations.data if issparse(activations) else np.asarray(activations)
    if values.dtype.kind not in "biuf" or not (np.isfinite(values).all() and (values >= 0).all()):
        raise ArgumentError("activations: expected finite numbers, at least 0")


def _column(activations: Any, latent: int) -> np.ndarray:
    """The activations of one latent, as floating-point numbers."""
    column = activations[:, [latent]]
    column = column.toarray() if issparse(column) else column
    return column if column.dtype.kind == "f" else column.astype(float)


def _checked(name: str, explanation: Explanation) -> Explanation:
    """The same explanation, whose predictions are looked at.

    Raises:
        ArgumentError: a prediction has another shape, or is none; one line, when it is made.
    """

    def predict(contexts: Contexts) -> np.ndarray:
        predicted = np.asarray(explanation.predict(contexts))
        numbers = (predicted >= 0) & (predicted < np.inf)
        if predicted.shape != contexts.tokens.shape or not numbers.all():
            raise ArgumentError(
                f"explainers.{name}: predicts an array of shape {list(predicted.shape)}, expected"
                f" finite numbers from 0 of shape {list(contexts.tokens.shape)}"
            )
        return predicted

    return explanation._replace(predict=predict)


def _generator(seed: int, reseed: int, latent: int, name: str) -> np.random.Generator:
    """What an explainer or a scorer draws, whatever others there are."""
    return np.random.default_rng([seed, reseed, latent, zlib.crc32(name.encode())])


def _known(argument: str, name: str, names: Sequence[str]) -> str:
    """A name that is among names.

    Raises:
        ArgumentError: it is not; one line.
    """
    if name not in names:
        raise ArgumentError(
            f"{argument}={name}: expected one of {', '.join(names)}{did_you_mean(name, names)}"
        )
    return name
