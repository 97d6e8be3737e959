"""Which contexts a latent is explained by and scored on: by quantile, inactive, or look-alikes.

Source: delphi (github.com/EleutherAI/delphi): activating examples over 10 quantiles of their
largest activation, and examples in which the latent is never active.
"""

from typing import Literal, NamedTuple

import numpy as np

from superpos.interp.protocol import Contexts

Negatives = Literal["random", "look_alike"]
"""Any inactive contexts, or those that hold a token at which an activating one has its peak."""
FEWEST = 10
"""Examples of a class, below which nothing is scored."""


class Labelled(NamedTuple):
    """Examples of both classes.

    Attributes:
        rows: numbers of contexts, the activating ones first, int (n,).
        labels: whether the latent is active in each, bool (n,).
    """

    rows: np.ndarray
    labels: np.ndarray


def activating(
    activations: np.ndarray, rng: np.random.Generator, *, n: int = 50, n_quantiles: int = 10
) -> np.ndarray:
    """Contexts in which the latent is active, as many from each quantile of the largest activation.

    Args:
        activations: of one latent, (n_contexts, length).
        rng: which contexts of a quantile.
        n: how many.
        n_quantiles: of the active contexts.

    Returns:
        Their numbers, each once, in random order; fewer than n where quantiles are too small.
    """
    peaks = activations.max(1)
    active = np.flatnonzero(peaks > 0)
    order = active[np.argsort(peaks[active], kind="stable")]
    sizes = np.diff(np.linspace(0, n, n_quantiles + 1).astype(int))
    parts = zip(np.array_split(order, n_quantiles), sizes, strict=True)
    chosen = [rng.permutation(part)[:size] for part, size in parts]
    return rng.permutation(np.concatenate(chosen))


def non_activating(activations: np.ndarray, rng: np.random.Generator, *, n: int = 50) -> np.ndarray:
    """Contexts in which the latent is never active, at random: their numbers, at most n."""
    return rng.permutation(np.flatnonzero(activations.max(1) == 0))[:n]


def look_alikes(
    contexts: Contexts, activations: np.ndarray, rows: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Inactive contexts that hold the tokens at which activating ones are most active.

    They share what a list of tokens knows of the latent, so only its context tells them apart.

    Args:
        contexts: all of them.
        activations: of one latent, (n_contexts, length).
        rows: the activating contexts to be matched.
        rng: which of the contexts that hold a token, and which where none does.

    Returns:
        Numbers of contexts, each once, at most one for each of rows.
    """
    inactive = rng.permutation(np.flatnonzero(activations.max(1) == 0))
    peaks = contexts.tokens[rows, activations[rows].argmax(1)]
    wanted = np.zeros(contexts.tokens.max() + 1, bool)
    wanted[peaks] = True
    holding, place = np.nonzero(wanted[contexts.tokens[inactive]])
    held = contexts.tokens[inactive[holding], place]
    free = np.ones(len(inactive), bool)
    for peak in peaks:
        matching = holding[(held == peak) & free[holding]]
        free[matching[:1]] = False
    missing = max(len(rows) - np.count_nonzero(~free), 0)
    free[np.flatnonzero(free)[:missing]] = False
    return rng.permutation(inactive[~free])


def labelled(
    contexts: Contexts,
    activations: np.ndarray,
    rng: np.random.Generator,
    *,
    negatives: Negatives = "random",
    n: int = 50,
) -> Labelled | None:
    """As many contexts in which a latent is active as contexts in which it is not.

    Args:
        contexts: to choose from.
        activations: of one latent on them, (n_contexts, length).
        rng: which.
        negatives: which contexts stand for the class in which the latent is not active.
        n: examples of each class; fewer where there are too few.

    Returns:
        The examples; None where a class has fewer than 10.
    """
    active = activating(activations, rng, n=n)
    if negatives == "random":
        inactive = non_activating(activations, rng, n=n)
    else:
        inactive = look_alikes(contexts, activations, active, rng)
    if min(len(active), len(inactive)) < FEWEST:
        return None
    labels = np.repeat([True, False], [len(active), len(inactive)])
    return Labelled(np.concatenate([active, inactive]), labels)
