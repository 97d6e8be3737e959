"""A language model that is told an explanation, and says of examples whether it fits them.

Source: delphi (github.com/EleutherAI/delphi), detection and fuzzing: examples in lists, each judged
0 or 1; or one at a time, where the score of an example is P("1") / (P("0") + P("1")) of the first
token of the answer. The words of the prompts are ours.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from superpos.arguments import Count, PositiveFraction, factory
from superpos.interp import statistics
from superpos.interp.backends import Backend, Message
from superpos.interp.examples import Negatives, labelled
from superpos.interp.prompted.showing import marked, numbered, shown
from superpos.interp.protocol import Contexts, Explanation, Score, ScoreOf, Scorer, take
from superpos.interp.scorers.detection import FLOOR, Measure, unscored
from superpos.interp.scorers.fuzzing import highlight
from superpos.interp.vocabulary import check_vocabulary, texts

TASKS = {
    "detection": "whether the passage holds anything that the unit reacts to",
    "fuzzing": (
        "whether the unit reacts to the very pieces between << and >>, all of them; where it"
        " reacts to something else in the passage, that does not count"
    ),
}
SYSTEM = (
    "A unit inside a language model reacts to some pieces of text. You are told what it reacts to,"
    " and shown passages, one on each line, with their numbers. ⏎ is the end of a line. Decide of"
    " each passage {task}. Go by the explanation alone.\n{form}"
)
LIST = (
    "End your answer with one line: a list in brackets with a 1 (yes) or a 0 (no) for each passage,"
    " in their order and separated by commas, such as [0, 1, 0]."
)
SINGLE = "Answer with a single character: 1 (yes) or 0 (no)."
FORM = re.compile(r"^\[ *[01](?: *, *[01])* *\]$")
N_LOGPROBS = 20
Ask = Callable[[Sequence[str], np.ndarray, np.random.Generator], ScoreOf]
"""Examples as lines, their labels bool (n,), a generator -> what scores an explanation."""


@factory
def detection(
    *,
    backend: Backend,
    vocabulary: Sequence[str],
    measure: Measure = "balanced_accuracy",
    negatives: Negatives = "random",
    n_examples: Count = 50,
    n_shown: Count = 5,
    max_tokens: Count = 100,
) -> Scorer:
    """How well a language model finds the contexts in which a latent is active.

    Args:
        backend: what is asked.
        vocabulary: the text of each token.
        measure: "balanced_accuracy" of lists of decisions, or "auroc" of the probabilities of
            single ones, which not every backend gives.
        negatives: which contexts stand for the class in which the latent is not active.
        n_examples: of each class.
        n_shown: contexts of a list, in random order.
        max_tokens: of the answer with a list.

    Returns:
        A scorer with values in [0, 1]; nan for an explanation without words, and where a class has
        too few examples, or too few with an answer. A score rests on those with an answer.
    """
    check_vocabulary(vocabulary)
    ask = _asking(backend, "detection", measure, n_shown, max_tokens)

    def scorer(contexts: Contexts, activations: np.ndarray, rng: np.random.Generator) -> ScoreOf:
        found = labelled(contexts, activations, rng, negatives=negatives, n=n_examples)
        if found is None:
            return unscored
        lines = [shown(text) for text in texts(take(contexts, found.rows), vocabulary)]
        return ask(lines, found.labels, rng)

    return scorer


@factory
def fuzzing(
    *,
    backend: Backend,
    vocabulary: Sequence[str],
    measure: Measure = "balanced_accuracy",
    threshold: PositiveFraction = 0.3,
    n_examples: Count = 50,
    n_shown: Count = 5,
    max_tokens: Count = 100,
) -> Scorer:
    """How well a language model tells tokens at which a latent is active from others.

    Args:
        backend: what is asked.
        vocabulary: the text of each token.
        measure: "balanced_accuracy" of lists of decisions, or "auroc" of the probabilities of
            single ones, which not every backend gives.
        threshold: of the largest activation of an example, from which a token is marked.
        n_examples: of each class.
        n_shown: contexts of a list, in random order.
        max_tokens: of the answer with a list.

    Returns:
        A scorer with values in [0, 1], with marks as in `scorers.fuzzing`; nan as in `detection`.
    """
    check_vocabulary(vocabulary)
    ask = _asking(backend, "fuzzing", measure, n_shown, max_tokens)

    def scorer(contexts: Contexts, activations: np.ndarray, rng: np.random.Generator) -> ScoreOf:
        found = labelled(contexts, activations, rng, n=n_examples)
        if found is None:
            return unscored
        marks = highlight(activations[found.rows], found.labels, rng, threshold=float(threshold))
        kept = marks.any(1)
        pairs = zip(contexts.tokens[found.rows[kept]], marks[kept], strict=True)
        lines = [marked(tokens, each, vocabulary) for tokens, each in pairs]
        return ask(lines, found.labels[kept], rng)

    return scorer


def _asking(backend: Backend, task: str, measure: Measure, n_shown: int, max_tokens: int) -> Ask:
    """A function that has examples judged."""
    single = measure == "auroc"
    instructions = SYSTEM.format(task=TASKS[task], form=SINGLE if single else LIST)

    def judged(text: str, lines: Sequence[str]) -> np.ndarray:
        """Of each example 0, 1 or a probability; nan for all where there is no answer."""
        asked = f"Explanation: {shown(text)}\n\n{numbered(lines)}"
        messages = [Message("system", instructions), Message("user", asked)]
        if single:
            answer = _probability(backend.complete(messages, 1, N_LOGPROBS).first)
        else:
            answer = _decisions(backend.complete(messages, max_tokens, 0).text, len(lines))
        backend.usage.answers[task] += 1
        backend.usage.unparsed[task] += answer is None
        return np.full(len(lines), np.nan) if answer is None else np.array(answer)

    def ask(lines: Sequence[str], labels: np.ndarray, rng: np.random.Generator) -> ScoreOf:
        order = rng.permutation(len(lines))  # examples come sorted by class
        size = 1 if single else n_shown
        shown_at_once = [order[start : start + size] for start in range(0, len(order), size)]

        def score(explanation: Explanation) -> Score:
            if not explanation.text:
                return unscored()
            scores = np.full(len(lines), np.nan)
            for rows in shown_at_once:
                scores[rows] = judged(explanation.text, [lines[int(row)] for row in rows])
            known = ~np.isnan(scores)
            return _score(scores[known], labels[known], measure)

        return score

    return ask


def _score(scores: np.ndarray, labels: np.ndarray, measure: Measure) -> Score:
    """Of examples with an answer; nan where a class has none."""
    if labels.all() or not labels.any():
        return Score(math.nan, FLOOR, len(labels))
    if measure == "auroc":
        return Score(statistics.auroc(scores, labels), FLOOR, len(labels))
    rates = scores[labels].mean(), 1 - scores[~labels].mean()
    return Score(float(np.mean(rates)), FLOOR, len(labels))


def _decisions(answer: str, n: int) -> list[float] | None:
    """The list in the last line of an answer; None where it is not as it was asked for."""
    last = (answer.strip().splitlines() or [""])[-1].strip()
    found = [float(each) for each in re.findall("[01]", last)] if FORM.match(last) else []
    return found if len(found) == n else None


def _probability(first: Mapping[str, float]) -> list[float] | None:
    """P("1") / (P("0") + P("1")); None where neither is among the likeliest tokens."""
    no, yes = (
        sum(math.exp(log) for token, log in first.items() if token.strip() == digit)
        for digit in "01"
    )
    return [yes / (no + yes)] if no + yes > 0 else None
