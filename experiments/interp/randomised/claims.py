"""What two papers claim of trained and random transformers, and what we expected of ours."""

from collections.abc import Iterable, Sequence

import numpy as np

from experiments.interp.randomised.bootstrap import Interval, difference, interval, means
from experiments.interp.randomised.measure import L0, Latents, Randomised
from superpos import metrics
from superpos.app.claims.ledger import Origin, Row, Verdict, claims_of

TRAINED, SHUFFLED, GAUSSIAN, NOISE, ALONE = (
    "trained",
    "shuffle_entries",
    "gaussian",
    "trained + noise_embeddings",
    "trained + token_alone",
)
"""Arms that claims are about."""
EXPLAINER, UNIGRAM, CONSTANT = "decision_list", "unigram", "constant"
"""Explanations that scores are of; the first may be of tokens, of context and of position."""
NO_TIE = 1e-6
"""What is more has to be more than this: the same is not more."""
SINGLE = 0.9
"""A latent stands for one token that has this part of its activation there."""
SETTING = (
    "hidden layer of the last MLP of our transformer of two layers (64 dimensions, 256 ReLU units),"
    " Northanger Abbey; TopK, 256 latents, k 16, 250 updates of 256; 16 latents of each arm that"
    " are active in 30 contexts or more; explained by a decision list, without a language model"
)
ROWS_OF_BRICKEN: Sequence[Row] = (
    (
        "single_token",
        "features of the shuffled transformer are more often of a single token: share of latents"
        " with 90 % of their activation on one, shuffled minus trained",
        ">=",
        NO_TIE,
        0,
    ),
    (
        "not_interpretable",
        "other features of the shuffled transformer are not interpretable: correlation of simulated"
        " with true activations of latents that are not of a single token, trained minus shuffled",
        ">=",
        0.1,
        0,
    ),
)
ROWS_OF_HEAP: Sequence[Row] = (
    (
        "fuzzing",
        "fuzzing does not tell a random transformer from the trained one: AUROC, gaussian minus"
        " trained",
        "=",
        0,
        0.1,
    ),
    (
        "detection",
        "detection does not tell a random transformer from the trained one: AUROC, gaussian minus"
        " trained",
        "=",
        0,
        0.1,
    ),
    (
        "control",
        "with noise in place of embeddings, fuzzing and detection are at chance: the larger AUROC"
        " minus 0.5",
        "<=",
        0,
        0.1,
    ),
    (
        "entropy",
        "the entropy over tokens of the contexts in which a latent is most active is higher of the"
        " trained transformer: trained minus gaussian, in nats",
        ">=",
        NO_TIE,
        0,
    ),
    (
        "depth",
        "the entropy over tokens of the contexts in which a latent is most active rises with depth"
        " in the trained transformer: last layer minus first, in nats",
        ">=",
        NO_TIE,
        0,
    ),
)
ROWS_OF_KORZNIKOV: Sequence[Row] = (
    (
        "frozen_decoder",
        "an autoencoder whose decoder was never trained is as interpretable: its correlation of"
        " simulated with true activations over that of a trained autoencoder",
        ">=",
        0.9,
        0,
    ),
)
OURS: Sequence[Row] = (
    (
        "look_up",
        "what can be known from the token alone is no less of a random transformer: R² of a"
        " look-up, shuffled minus trained",
        ">=",
        0,
        0,
    ),
    (
        "context_gain",
        "context tells more of the latents of a trained transformer: R² of trigrams minus that of"
        " the token alone, trained minus shuffled",
        ">=",
        NO_TIE,
        0,
    ),
    (
        "no_gain",
        "context tells hardly anything of the latents of a shuffled transformer: R² of trigrams"
        " minus that of the token alone",
        "=",
        0,
        0.05,
    ),
    (
        "above_floor",
        "autoencoders of the trained transformer explain more variance above the floor of normal"
        " vectors: trained minus shuffled",
        ">=",
        0.1,
        0,
    ),
    (
        "beyond_tokens",
        "without the means of tokens, autoencoders of the shuffled transformer are at the floor of"
        " normal vectors: explained variance above it",
        "=",
        0,
        0.1,
    ),
    (
        "trained_beyond_tokens",
        "without the means of tokens, autoencoders of the trained transformer are above the floor"
        " of normal vectors: explained variance above it",
        ">=",
        0.1,
        0,
    ),
)
CONTROLS: Sequence[Row] = (
    ("l0", "L0 is the same in every arm: largest relative distance from k", "<=", 0, 0.05),
    ("constant", "a constant explanation scores its floor: largest distance", "<=", 0, 1e-6),
    (
        "alone",
        "context tells nothing of a layer that sees the token alone: its context gain",
        "<=",
        0.02,
        0,
    ),
)
PAPERS: tuple[tuple[str, str, Sequence[Row], Origin], ...] = (
    (
        "Bricken et al. 2023, Towards Monosemanticity",
        "Do features tell us about the model or about the data?",
        ROWS_OF_BRICKEN,
        Origin("paper", "before"),
    ),
    ("Heap et al. 2025, arXiv 2501.17727", "4", ROWS_OF_HEAP, Origin("paper", "before")),
    (
        "Korznikov et al. 2026, arXiv 2602.14111",
        "abstract",
        ROWS_OF_KORZNIKOV,
        Origin("paper", "before"),
    ),
    ("our own", "-", OURS, Origin("ours", "before")),
    ("our own", "-", CONTROLS, Origin("control", "before")),
)
IDENTITIES = ("look_up", "no_gain", "beyond_tokens", "alone", "l0")
"""What holds of models that have learned nothing, too."""
CLAIMS = {
    key: claim
    for paper, section, rows, origin in PAPERS
    for key, claim in claims_of(
        "interp/randomised",
        rows,
        paper=paper,
        section=section,
        setting=SETTING,
        origin=origin,
        but={row[0]: origin._replace(identity=True) for row in rows if row[0] in IDENTITIES},
    ).items()
}


def judge(measured: Randomised) -> list[Verdict]:
    """Verdicts on differences of means; a note has the interval of each."""
    found = {
        **_differences(measured.last),
        "depth": _depth(measured),
        **_floors(measured),
        **_controls(measured.last, measured.k),
        "frozen_decoder": _ratio(measured),
    }
    return [claim.judge(*_value(found[key])) for key, claim in CLAIMS.items()]


def _depth(measured: Randomised) -> Interval | None:
    """How much higher the entropy is in the last layer; None of one layer."""
    first, *others = measured.scored
    if not others:
        return None
    last, before = (each.of(TRAINED, "top_token_entropy") for each in (others[-1], first))
    return difference(last, before)


def _value(found: Interval | float | None) -> tuple[float | None, str]:
    if isinstance(found, Interval):
        return found.mean, f"95 % interval {found.low:.3f} to {found.high:.3f}"
    return found, ""


def _differences(scored: Latents) -> dict[str, Interval]:
    """Those of two arms, or of one arm and a number."""
    simulation = {
        name: np.where(
            scored.of(name, "largest_token_share") >= SINGLE,
            np.nan,
            scored.of(name, "simulation", EXPLAINER),
        )
        for name in (TRAINED, SHUFFLED)
    }

    def single(name: str) -> np.ndarray:
        share = scored.of(name, "largest_token_share")
        return np.where(np.isfinite(share), share >= SINGLE, np.nan)

    def apart(one: str, other: str, result: str, explainer: str = "") -> Interval:
        return difference(scored.of(one, result, explainer), scored.of(other, result, explainer))

    return {
        "single_token": difference(single(SHUFFLED), single(TRAINED)),
        "not_interpretable": difference(simulation[TRAINED], simulation[SHUFFLED]),
        "fuzzing": apart(GAUSSIAN, TRAINED, "fuzzing", EXPLAINER),
        "detection": apart(GAUSSIAN, TRAINED, "detection", EXPLAINER),
        "control": _larger(
            interval(scored.of(NOISE, name, EXPLAINER) - 0.5) for name in ("fuzzing", "detection")
        ),
        "entropy": apart(TRAINED, GAUSSIAN, "top_token_entropy"),
        "look_up": apart(SHUFFLED, TRAINED, "r_squared", UNIGRAM),
        "context_gain": apart(TRAINED, SHUFFLED, "context_gain"),
        "no_gain": interval(scored.of(SHUFFLED, "context_gain")),
        "alone": interval(scored.of(ALONE, "context_gain")),
    }


def _larger(found: Iterable[Interval]) -> Interval:
    """The interval of the largest mean; nan where one of them is."""
    return max(found, key=lambda each: (np.isnan(each.mean), each.mean))


def _floors(measured: Randomised) -> dict[str, float]:
    """Explained variance above that of normal vectors, with and without the means of tokens."""
    trained, shuffled = (above_floor(measured, name) for name in (TRAINED, SHUFFLED))
    beyond = " + less_token_means"
    return {
        "above_floor": float(trained.mean() - shuffled.mean()),
        "beyond_tokens": float(above_floor(measured, SHUFFLED + beyond).mean()),
        "trained_beyond_tokens": float(above_floor(measured, TRAINED + beyond).mean()),
    }


def above_floor(measured: Randomised, arm: str) -> np.ndarray:
    """Explained variance of an arm above that of normal vectors of its moments, (transformers,)."""
    explained = np.float32(measured.explained_of(arm))
    floor = np.float32(measured.explained_of(f"{arm} + matched_gaussian"))
    return np.asarray(metrics.explained_variance_above(explained, floor), float)


def _controls(scored: Latents, k: float | None) -> dict[str, float | None]:
    apart = [
        abs(means(scored.of(arm, name, CONSTANT) - scored.of(arm, f"{name}_floor", CONSTANT)))
        for arm in scored.names
        for name in ("simulation", "detection", "fuzzing")
    ]
    l0 = None if k is None else float(abs(scored.fit[L0] / k - 1).max())
    return {"l0": l0, "constant": float(np.max(apart))}


def _ratio(measured: Randomised) -> float | None:
    """The score of an untrained decoder over that of a trained one; None where there is none."""
    if "frozen_decoder" not in measured.nulls:
        return None
    frozen = measured.nulls["frozen_decoder"].of("frozen_decoder", "simulation", EXPLAINER)
    return float(
        means(frozen).mean() / means(measured.last.of(TRAINED, "simulation", EXPLAINER)).mean()
    )
