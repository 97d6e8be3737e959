"""A language model that is shown where a latent is active, and says what it stands for.

Source: Bills et al. 2023, Language models can explain neurons in language models, for explaining
and simulating; Bricken et al. 2023, Towards Monosemanticity, for examples across the range of
activations. The words of the prompts are ours.
"""

import re
from collections.abc import Sequence

import numpy as np

from superpos.arguments import Count, CountOrZero, factory
from superpos.interp.backends import Backend, Message
from superpos.interp.examples import activating
from superpos.interp.prompted.showing import marked, numbered, runs
from superpos.interp.prompted.simulate import simulated
from superpos.interp.protocol import Contexts, Explainer, Explanation
from superpos.interp.vocabulary import check_vocabulary

STRONGEST = 10
SYSTEM = (
    "A unit inside a language model reacts to some pieces of text. You are shown passages in which"
    " it is active. Each piece at which it is active stands between << and >>; behind the passage"
    f" these pieces are listed with the strength of the reaction, from 0 to {STRONGEST}. ⏎ is the"
    " end of a line.\n"
    "Find what the pieces, or what stands before them, have in common: a word, a part of a word, a"
    " form, a subject, a place in the text. Be as specific as the passages allow, and say nothing"
    " of units or activations.\n"
    "End your answer with one line of this form:\n"
    "Explanation: <one short sentence>"
)
FORM = re.compile(r"^Explanation: *(\S.*)$")


@factory
def explain(
    *,
    backend: Backend,
    vocabulary: Sequence[str],
    n_top: CountOrZero = 10,
    n_quantiles: Count = 10,
    max_tokens: Count = 300,
) -> Explainer:
    """An explanation in words.

    Args:
        backend: what is asked, once for each explanation, and once for each context of which
            activations are predicted.
        vocabulary: the text of each token.
        n_top: contexts that are shown, of those with the largest activation.
        n_quantiles: contexts that are shown besides, one from each quantile of the activation.
        max_tokens: of the answer.

    Returns:
        An explainer whose explanations have 8 bits for each byte of their text, and predict what
        the model says when it is asked for strengths. Where its answer has no explanation, or the
        latent is never active, the text is empty, and the prediction 0.
    """
    check_vocabulary(vocabulary)

    def explainer(
        contexts: Contexts, activations: np.ndarray, rng: np.random.Generator
    ) -> Explanation:
        largest = float(activations.max())
        text = ""
        if largest > 0:
            rows = _chosen(activations, rng, n_top, n_quantiles)
            lines = [
                _line(contexts.tokens[row], activations[row] / largest, vocabulary) for row in rows
            ]
            messages = [Message("system", SYSTEM), Message("user", numbered(lines))]
            text = _explanation(backend, backend.complete(messages, max_tokens, 0).text)
        return Explanation(
            text,
            8.0 * len(text.encode()),
            lambda contexts: largest * simulated(backend, text, contexts, vocabulary),
        )

    return explainer


def _chosen(
    activations: np.ndarray, rng: np.random.Generator, n_top: int, n_quantiles: int
) -> np.ndarray:
    """Contexts with the largest activations, from the largest down, and one of each quantile."""
    peaks = activations.max(1)
    top = np.argsort(-peaks, kind="stable")[:n_top]
    across = activating(activations, rng, n=n_quantiles, n_quantiles=n_quantiles)
    return np.concatenate([top[peaks[top] > 0], across[~np.isin(across, top)]])


def _line(tokens: np.ndarray, strengths: np.ndarray, vocabulary: Sequence[str]) -> str:
    """A context and, behind it, how strong the latent is at each of its marked pieces."""
    pieces = [
        f"{text.strip()} {STRONGEST * strengths[places].max():.0f}"
        for is_marked, text, places in runs(tokens, strengths > 0, vocabulary)
        if is_marked
    ]
    return f"{marked(tokens, strengths > 0, vocabulary)} | {', '.join(pieces)}"


def _explanation(backend: Backend, answer: str) -> str:
    """The sentence of an answer; nothing where its last line is not as it was asked for."""
    found = FORM.match((answer.strip().splitlines() or [""])[-1].strip())
    backend.usage.answers["explain"] += 1
    backend.usage.unparsed["explain"] += found is None
    return found.group(1).strip() if found else ""
