"""Claims about what a small language model learns, and in which order."""

import numpy as np

from experiments.interp.language_model.measure import Learning
from superpos.app.claims.ledger import Origin, Verdict, claims_of

SETTING = (
    "two layers of 64 dimensions, 4 heads and 256 ReLU units, 1,024 tokens, 0.8 million tokens of"
    " Northanger Abbey in batches of 16 x 64, Adam at 3e-3; loss on chapters that are held out"
)
HISTORY = (
    "A model of this size after 6.1 million tokens of all of Austen's novels, the one in the tests,"
    " is 0.06 above trigrams of the same text."
)
CLAIMS = claims_of(
    "interp/language_model",
    (
        ("unigram", "the model learns how often each token comes: final loss minus that of"
         " unigrams", "<=", -0.5, 0),
        ("bigram", "the model learns which token follows another: final loss minus that of bigrams",
         "<=", 0, 0),
        ("order", "the model learns how often each token comes before it learns which token follows"
         " another: tokens seen when the loss is first below that of bigrams, over those when it is"
         " first below that of unigrams", ">=", 1.5, 0),
        ("seeds", "seeds agree: how far the mean of their final losses is below the loss of"
         " unigrams, over the largest difference of one of them from that mean", ">=", 20, 0),
    ),
    paper="our own",
    section="-",
    setting=SETTING,
    origin=Origin("ours", "before"),
) | claims_of(
    "interp/language_model",
    (
        ("trigram", "the model learns more than which token follows two others: final loss minus"
         " that of trigrams", "<=", 0, 0),
    ),
    paper="our own",
    section="-",
    setting=SETTING,
    origin=Origin("ours", "before", HISTORY),
) | claims_of(
    "interp/language_model",
    (
        ("start", "at the start every token is as likely: loss minus log n_tokens, in nats", "=", 0,
         0.05),
        ("baselines", "trigrams are better than bigrams on held-out text, in nats", ">=", 0, 0),
    ),
    paper="our own",
    section="-",
    setting=SETTING,
    origin=Origin("control", "before", identity=True),
)  # fmt: skip


def judge(measured: Learning) -> list[Verdict]:
    """Verdicts on the mean over seeds; not run where no model finished."""
    baselines = measured.baselines
    control = CLAIMS["baselines"].judge(baselines["bigram"] - baselines["trigram"])
    if not measured.loss.size:
        return [
            *(claim.judge(None) for key, claim in CLAIMS.items() if key != "baselines"),
            control,
        ]
    start, final = measured.loss[:, 0].mean(), measured.loss[:, -1].mean()
    listed = ", ".join(f"{name} {loss:.3f}" for name, loss in baselines.items())
    note = f"final loss {final:.3f} nats per token; {listed}"
    return [
        CLAIMS["start"].judge(start - np.log(measured.n_tokens)),
        *(CLAIMS[name].judge(final - baselines[name], note) for name in baselines),
        CLAIMS["order"].judge(passed(measured, "bigram") / passed(measured, "unigram")),
        CLAIMS["seeds"].judge(agreement(measured)),
        control,
    ]


def passed(measured: Learning, baseline: str) -> float:
    """Tokens seen when the mean loss is first below that of a baseline; nan where it never is."""
    below = measured.loss.mean(axis=0) < measured.baselines[baseline]
    return float(measured.tokens[below.argmax()]) if below.any() else np.nan


def agreement(measured: Learning) -> float | None:
    """What seeds gain over unigrams, over how far they are apart; None of one seed."""
    final = measured.loss[:, -1]
    if len(final) < 2:
        return None
    apart = np.abs(final - final.mean()).max()
    return float((measured.baselines["unigram"] - final.mean()) / apart) if apart else np.inf
