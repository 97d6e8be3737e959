"""Explainers that need no language model."""

from collections.abc import Sequence

from superpos.interp.explainers.bag import bag as bag
from superpos.interp.explainers.constant import constant as constant
from superpos.interp.explainers.decision_list import decision_list as decision_list
from superpos.interp.explainers.lexical import lexical as lexical
from superpos.interp.explainers.ngram import ngram as ngram
from superpos.interp.explainers.position import position as position
from superpos.interp.explainers.token_list import token_list as token_list
from superpos.interp.protocol import Explainer


def offline(vocabulary: Sequence[str]) -> dict[str, Explainer]:
    """All of them by name, from the shortest description to the longest.

    Args:
        vocabulary: the text of each token, with a space before it where it begins a word.
    """
    lists = {f"top_{n}": token_list(vocabulary=vocabulary, n_listed=n) for n in (1, 3, 10)}
    orders = {"unigram": 1, "bigram": 2, "trigram": 3}
    return {
        "constant": constant(),
        **lists,
        "lexical": lexical(vocabulary=vocabulary),
        "position": position(),
        "decision_list": decision_list(vocabulary=vocabulary),
        **{name: ngram(vocabulary=vocabulary, order=order) for name, order in orders.items()},
        "bag": bag(vocabulary=vocabulary),
    }
