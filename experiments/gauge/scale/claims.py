"""What is claimed of scaled weights, and the verdicts on what was measured."""

from collections.abc import Iterable, Mapping

import numpy as np

from experiments.gauge.rounding import rounding
from experiments.gauge.scale.dimensions import REPLACED
from experiments.gauge.scale.measure import Measured
from experiments.gauge.scale.tied import ALPHAS, Tied, minimum, n_minima
from superpos.app.claims.ledger import Origin, Verdict, claims_of

CASPER = "Casper 2023, EIS IX: Interpretability and Adversaries"
ELHAGE = "Elhage et al. 2022, Toy Models of Superposition"
OWN = "superpos, gauge freedom"
CLASSIFIERS = (
    "ReLU networks without biases and softmax, digits of scikit-learn (8 or 32 units, one or two"
    " hidden layers) and 10 classes of 64 sparse features, 3 seeds, float64"
)
AUTOENCODERS = "ReLU autoencoder, n=20, m=5, p=0.1, I=0.9^i, several instances, fresh data, float64"
EXACT, ROUNDING = rounding(64 * 32), rounding(355 * 64 * 32)
"""What float64 may change of an output, a sum over inputs and units, and of what sums up such
numbers over examples."""
EPS_EXACT = "rounding at most, eps for each of 64 · 32 terms"
EPS_ROUNDING = "rounding at most, eps for each of 355 · 64 · 32 terms"
OF_ANY = "true of random weights, too, so that it is not counted"
"""On a claim that says nothing of what is learned."""
OF_CLASSIFIERS = claims_of(
    "gauge/scale",
    (
        ("features", "weights of a layer times α: its ‖W‖²/m is α² times what it was, that of other"
         f" layers what it was; largest relative deviation, {EPS_EXACT}", "<=", 0, EXACT),
        ("outputs", "outputs are α times what they were for each layer scaled; largest relative"
         f" deviation, {EPS_EXACT}", "<=", 0, EXACT),
        ("decisions", "test examples that are decided otherwise", "=", 0, 0),
        ("loss", "the cross entropy changes at α = 1/3 or 3; least relative change over networks",
         ">=", 0.05, 0),
        ("biases", "with biases, weights alone are not free: test examples that are decided"
         " otherwise, fewest over networks", ">=", 1, 0),
        ("biases_scaled", "with the biases from there on scaled as well: examples decided"
         " otherwise, most over networks", "=", 0, 0),
    ),
    paper=CASPER,
    section="features per dimension is free",
    setting=CLASSIFIERS,
    origin=Origin("theory", "before", identity=True),
    but={
        "decisions": Origin("paper", "before", identity=True),
        "loss": Origin("ours", "before"),
        "biases": Origin("ours", "before"),
    },
) | claims_of(
    "gauge/scale",
    (
        ("dimensionality", "D_i stays under a scale of the layer, rotations and permutations of the"
         f" hidden space; largest relative change, {EPS_ROUNDING}", "<=", 0, ROUNDING),
        ("rescaling", "a positive scale for each hidden unit, undone by what reads it, leaves the"
         f" outputs; largest relative change, {EPS_EXACT}", "<=", 0, EXACT),
        ("rescaling_dimensionality", "a positive scale for each hidden unit changes D_i; largest"
         " relative change, least over networks", ">=", 0.1, 0),
        ("rescaling_features", "a positive scale for each hidden unit changes ‖W‖²/m; largest"
         " relative change, least over networks", ">=", 0.1, 0),
        ("unit_form", "with every unit at norm 1, which is free, ‖W‖²/m is 1 whatever was learned;"
         f" largest deviation, {EPS_EXACT}", "<=", 0, EXACT),
    ),
    paper=ELHAGE,
    section="Feature Dimensionality, outside the model",
    setting=CLASSIFIERS,
    origin=Origin("theory", "before", identity=True),
) | claims_of(
    "gauge/scale",
    (
        ("replacements", "measures of the balanced form, of responses and of contributions stay"
         f" under every symmetry and scales of layers; largest relative change, {EPS_ROUNDING}",
         "<=", 0, ROUNDING),
        ("activations", "dimensions of the activations themselves do not: relative change under"
         " unit rescaling, least over networks", ">=", 0.01, 0),
    ),
    paper=OWN,
    section="measures that are free of gauge",
    setting=CLASSIFIERS,
    origin=Origin("theory", "before", identity=True),
)  # fmt: skip
OF_AUTOENCODERS = claims_of(
    "gauge/scale",
    (
        ("tied_balanced", "the dimensionality of the balanced form is D_i; largest deviation,"
         " rounding at most, eps for each of 20 · 20 · 5 terms", "<=", 0, rounding(20 * 20 * 5)),
        ("tied_responses", "the dimensionality of responses is near D_i; mean deviation over"
         " features with norm over 1/2", "<=", 0, 0.1),
        ("tied_effective", "effective features per dimension of the balanced form are near ‖W‖²/m;"
         " largest relative deviation", "<=", 0, 0.2),
        ("tied_contributions", "dimensions of contributions are near the sum of D_i; largest"
         " relative deviation", "<=", 0, 0.2),
    ),
    paper=OWN,
    section="measures that are free of gauge",
    setting=AUTOENCODERS,
    origin=Origin("ours", "before"),
    but={
        "tied_balanced": Origin("theory", "before", identity=True),
        "tied_responses": Origin("ours", "before", OF_ANY, identity=True),
    },
) | claims_of(
    "gauge/scale",
    (
        ("tied_minimum", "the loss with αW is least at α = 1; the place furthest from it", "=", 1,
         0.02),
        ("tied_one_minimum", "for α from 0.5 to 1.5 it has one minimum; most over instances", "=",
         1, 0),
        ("tied_rise", "at α = 0.95 and 1.05 it is 4.2 % higher, as in an earlier run of our own;"
         " least", "=", 0.042, 0.02),
    ),
    paper=CASPER,
    section="reply of A. Jermyn: a scale that is not free",
    setting=AUTOENCODERS,
    origin=Origin("ours", "before"),
    but={
        "tied_minimum": Origin("paper", "before"),
        "tied_one_minimum": Origin("ours", "before", OF_ANY, identity=True),
    },
) | claims_of(
    "gauge/scale",
    (
        ("tied_features", "‖W‖²/m is the number of features with norm over 1/2 per dimension;"
         " largest relative deviation", "<=", 0, 0.15),
        ("tied_packed", "D_i sum to m; largest relative deviation", "<=", 0, 0.02),
    ),
    paper=ELHAGE,
    section="The Geometry of Superposition",
    setting=AUTOENCODERS,
    origin=Origin("paper", "before"),
)  # fmt: skip
CLAIMS = OF_CLASSIFIERS | OF_AUTOENCODERS


def judge(measured: Measured) -> list[Verdict]:
    """Verdicts on all claims; those without networks to judge by are not run."""
    return [
        *_judge_scaled(measured),
        *_judge_dimensionality(measured),
        *_judge_replacements(measured),
        *_judge_tied(measured.tied),
    ]


def _judge_scaled(measured: Measured) -> list[Verdict]:
    found, biased = measured.scaled, measured.biased
    right = ", ".join(f"{name} {each.accuracy.mean():.3f}" for name, each in found.items())
    losses = {name: each.loss.min() for name, each in found.items()}
    return [
        CLAIMS["features"].judge(_most(each.features for each in found.values())),
        CLAIMS["outputs"].judge(_most(each.outputs for each in found.values())),
        CLAIMS["decisions"].judge(
            _most(each.decisions for each in found.values()), f"accuracy: {right}"
        ),
        CLAIMS["loss"].judge(_least(losses.values()), _by_variant(losses)),
        CLAIMS["biases"].judge(_least(alone for alone, _ in biased.values())),
        CLAIMS["biases_scaled"].judge(_most(together for _, together in biased.values())),
    ]


def _judge_dimensionality(measured: Measured) -> list[Verdict]:
    free = [
        changes[group]["dimensionality"]
        for changes in measured.changes.values()
        for group in ("scale of layer 1", "rotation", "unit permutation")
    ]
    rescaled = {name: each["unit rescaling"] for name, each in measured.changes.items()}

    def least(what: str) -> tuple[float | None, str]:
        values = {name: each[what].min() for name, each in rescaled.items()}
        return _least(values.values()), _by_variant(values)

    return [
        CLAIMS["dimensionality"].judge(_most(free)),
        CLAIMS["rescaling"].judge(_most(each["outputs"] for each in rescaled.values())),
        CLAIMS["rescaling_dimensionality"].judge(*least("dimensionality")),
        CLAIMS["rescaling_features"].judge(*least("features per dimension")),
        CLAIMS["unit_form"].judge(_most(abs(each - 1) for each in measured.unit_features.values())),
    ]


def _judge_replacements(measured: Measured) -> list[Verdict]:
    kept = {
        what: _most(
            seen[what]
            for changes in measured.changes.values()
            for group, seen in changes.items()
            if group != "rotation"
        )
        for what in REPLACED
    }
    found = [value for value in kept.values() if value is not None]
    raw = [each["unit rescaling"]["activation dimensions"] for each in measured.changes.values()]
    return [
        CLAIMS["replacements"].judge(_most(found), ", ".join(f"{k} {v}" for k, v in kept.items())),
        CLAIMS["activations"].judge(_least(raw)),
    ]


def _judge_tied(found: Tied | None) -> list[Verdict]:
    if found is None:
        return [claim.judge(None) for claim in OF_AUTOENCODERS.values()]
    seen, kept = found.measures, found.represented
    own, features = seen["dimensionality"], seen["features per dimension"]
    places = np.array([minimum(ALPHAS, loss) for loss in found.loss])
    at_one, aside = (np.isclose(np.abs(ALPHAS - 1), each) for each in (0.0, 0.05))
    responses = np.abs(seen["response dimensionality"] - own)[kept]
    return [
        CLAIMS["tied_balanced"].judge(np.abs(seen["balanced dimensionality"] - own).max()),
        CLAIMS["tied_responses"].judge(
            responses.mean() if kept.any() else None, f"largest {responses.max(initial=0):.3g}"
        ),
        CLAIMS["tied_effective"].judge(
            _deviation(seen["balanced features, effective"], features), f"{features.round(2)}"
        ),
        CLAIMS["tied_contributions"].judge(
            _deviation(seen["contribution dimensions"], own.sum(-1)),
        ),
        CLAIMS["tied_minimum"].judge(places[np.abs(places - 1).argmax()], f"{places.round(4)}"),
        CLAIMS["tied_one_minimum"].judge(max(map(n_minima, found.loss))),
        CLAIMS["tied_rise"].judge((found.loss[:, aside] / found.loss[:, at_one] - 1).min()),
        CLAIMS["tied_features"].judge(
            _deviation(features, kept.sum(-1) / found.n_hidden), f"{features.round(2)}"
        ),
        CLAIMS["tied_packed"].judge(_deviation(own.sum(-1), np.full(len(own), found.n_hidden))),
    ]


def _most(values: Iterable[np.ndarray | float]) -> float | None:
    """The largest of all numbers; None where there are none, nan where one is."""
    found = [float(np.max(value)) for value in values]
    return float(np.max(found)) if found else None


def _least(values: Iterable[np.ndarray | float]) -> float | None:
    found = [float(np.min(value)) for value in values]
    return float(np.min(found)) if found else None


def _deviation(measured: np.ndarray, expected: np.ndarray) -> float:
    """The largest relative deviation; inf where 0 is expected."""
    with np.errstate(divide="ignore"):
        return float(np.max(np.abs(measured - expected) / np.abs(expected)))


def _by_variant(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.3g}" for name, value in values.items())
