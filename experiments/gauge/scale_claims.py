"""What is claimed of scaled weights, and the verdicts on what was measured.

Sources: Casper 2023, EIS IX: Interpretability and Adversaries (features per dimension is the norm
of weights, which a ReLU network without biases can scale at will), and the reply to it (a tied
autoencoder cannot); Elhage et al. 2022, Toy Models of Superposition (the measures); Du, Hu & Lee
2018, Algorithmic Regularization in Learning Deep Homogeneous Models (balanced units). A tied
autoencoder has a linear code instead of units: where it stands for a network, what reads the code
is W transposed.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from experiments.gauge.measures import REPLACED
from experiments.gauge.moves import Changes, Scaled
from experiments.gauge.tied import ALPHAS, Tied, minimum, n_minima
from superpos.app.claims.ledger import Claim, Row, Verdict, claims_of

CASPER = "Casper 2023, EIS IX: Interpretability and Adversaries"
ELHAGE = "Elhage et al. 2022, Toy Models of Superposition"
OWN = "superpos, gauge freedom"
EXACT, ROUNDING = 1e-12, 1e-9
"""What float64 may change of one number, and of what takes many steps to compute."""
CLASSIFIERS = (
    "ReLU networks without biases and softmax, digits of scikit-learn (8 or 32 units, one or two"
    " hidden layers) and 10 classes of 64 sparse features, 3 seeds, float64"
)
AUTOENCODERS = "ReLU autoencoder, n=20, m=5, p=0.1, I=0.9^i, several instances, fresh data, float64"
SCALED: tuple[Row, ...] = (
    ("features", "weights of a layer times α: its ‖W‖²/m is α² times what it was, that of other"
     " layers what it was; largest relative deviation", "<=", 0, EXACT),
    ("outputs", "outputs are α times what they were for each layer scaled; largest relative"
     " deviation", "<=", 0, EXACT),
    ("decisions", "test examples that are decided otherwise", "=", 0, 0),
    ("accuracy", "largest change of the accuracy", "=", 0, 0),
    ("loss", "the cross entropy changes at α = 1/3 or 3; least relative change over networks",
     ">=", 0.05, 0),
    ("biases", "with biases, weights alone are not free: test examples that are decided otherwise,"
     " fewest over networks", ">=", 1, 0),
    ("biases_scaled", "with the biases from there on scaled as well: examples decided otherwise,"
     " most over networks", "=", 0, 0),
)  # fmt: skip
FREE: tuple[Row, ...] = (
    ("dimensionality", "D_i stays under a scale of the layer, rotations and permutations of the"
     " hidden space; largest relative change", "<=", 0, ROUNDING),
    ("rescaling", "a positive scale for each hidden unit, undone by what reads it, leaves the"
     " outputs; largest relative change", "<=", 0, EXACT),
    ("rescaling_dimensionality", "but it changes D_i; largest relative change, least over networks",
     ">=", 0.1, 0),
    ("rescaling_features", "and ‖W‖²/m; the same", ">=", 0.1, 0),
    ("unit_form", "with every unit at norm 1, which is free, ‖W‖²/m is 1 whatever was learned;"
     " largest deviation", "<=", 0, EXACT),
)  # fmt: skip
REPLACEMENTS: tuple[Row, ...] = (
    ("replacements", "measures of the balanced form, of responses and of contributions stay under"
     " every symmetry and scales of layers; largest relative change", "<=", 0, ROUNDING),
    ("activations", "dimensions of the activations themselves do not: relative change under unit"
     " rescaling, least over networks", ">=", 0.01, 0),
)  # fmt: skip
AGREEING: tuple[Row, ...] = (
    ("tied_balanced", "the dimensionality of the balanced form is D_i; largest deviation", "<=", 0,
     ROUNDING),
    ("tied_responses", "the dimensionality of responses is near D_i; mean deviation over features"
     " with norm over 1/2", "<=", 0, 0.1),
    ("tied_effective", "effective features per dimension of the balanced form are near ‖W‖²/m;"
     " largest relative deviation", "<=", 0, 0.2),
    ("tied_contributions", "dimensions of contributions are near the sum of D_i; largest relative"
     " deviation", "<=", 0, 0.2),
)  # fmt: skip
TIED: tuple[Row, ...] = (
    ("tied_minimum", "the loss with αW is least at α = 1; the place furthest from it", "=", 1,
     0.02),
    ("tied_one_minimum", "for α from 0.5 to 1.5 it has one minimum; most over instances", "=", 1,
     0),
    ("tied_rise", "at α = 0.95 and 1.05 it is 4.2 % higher, as in an earlier run of our own;"
     " least", "=", 0.042, 0.02),
)  # fmt: skip
COUNTED: tuple[Row, ...] = (
    ("tied_features", "‖W‖²/m is the number of features with norm over 1/2 per dimension; largest"
     " relative deviation", "<=", 0, 0.15),
    ("tied_packed", "D_i sum to m; largest relative deviation", "<=", 0, 0.02),
)  # fmt: skip


class Measured(NamedTuple):
    """All that is claimed about, each by variant.

    Attributes:
        scaled: classifiers without biases.
        biased: those with biases: decisions that change, without and with scaled biases.
        changes: those without biases and with one hidden layer, along their symmetries.
        unit_features: the same, ‖W‖²/m with every unit at norm 1, (networks,).
        tied: the autoencoders; None where there are none.
    """

    scaled: Mapping[str, Scaled]
    biased: Mapping[str, tuple[np.ndarray, np.ndarray]]
    changes: Mapping[str, Changes]
    unit_features: Mapping[str, np.ndarray]
    tied: Tied | None


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
    claims = _claims(CASPER, "features per dimension is free", CLASSIFIERS, SCALED)
    right = ", ".join(f"{name} {each.accuracy.mean():.3f}" for name, each in found.items())
    losses = {name: each.loss.min() for name, each in found.items()}
    return [
        claims["features"].judge(_most(each.features for each in found.values())),
        claims["outputs"].judge(_most(each.outputs for each in found.values())),
        claims["decisions"].judge(_most(each.decisions for each in found.values())),
        claims["accuracy"].judge(
            _most(each.accuracy_change for each in found.values()), f"accuracy: {right}"
        ),
        claims["loss"].judge(_least(losses.values()), _by_variant(losses)),
        claims["biases"].judge(_least(alone for alone, _ in biased.values())),
        claims["biases_scaled"].judge(_most(together for _, together in biased.values())),
    ]


def _judge_dimensionality(measured: Measured) -> list[Verdict]:
    claims = _claims(ELHAGE, "Feature Dimensionality, outside the model", CLASSIFIERS, FREE)
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
        claims["dimensionality"].judge(_most(free)),
        claims["rescaling"].judge(_most(each["outputs"] for each in rescaled.values())),
        claims["rescaling_dimensionality"].judge(*least("dimensionality")),
        claims["rescaling_features"].judge(*least("features per dimension")),
        claims["unit_form"].judge(_most(abs(each - 1) for each in measured.unit_features.values())),
    ]


def _judge_replacements(measured: Measured) -> list[Verdict]:
    claims = _claims(OWN, "measures that are free of gauge", CLASSIFIERS, REPLACEMENTS)
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
        claims["replacements"].judge(_most(found), ", ".join(f"{k} {v}" for k, v in kept.items())),
        claims["activations"].judge(_least(raw)),
    ]


def _judge_tied(found: Tied | None) -> list[Verdict]:
    same = _claims(OWN, "measures that are free of gauge", AUTOENCODERS, AGREEING)
    claims = _claims(CASPER, "reply of A. Jermyn: a scale that is not free", AUTOENCODERS, TIED)
    counts = _claims(ELHAGE, "The Geometry of Superposition", AUTOENCODERS, COUNTED)
    if found is None:
        return [claim.judge(None) for claim in (same | claims | counts).values()]
    seen, kept = found.measures, found.represented
    own, features = seen["dimensionality"], seen["features per dimension"]
    places = np.array([minimum(ALPHAS, loss) for loss in found.loss])
    at_one, aside = (np.isclose(np.abs(ALPHAS - 1), each) for each in (0.0, 0.05))
    responses = np.abs(seen["response dimensionality"] - own)[kept]
    return [
        same["tied_balanced"].judge(np.abs(seen["balanced dimensionality"] - own).max()),
        same["tied_responses"].judge(
            responses.mean() if kept.any() else None, f"largest {responses.max(initial=0):.3g}"
        ),
        same["tied_effective"].judge(
            _deviation(seen["balanced features, effective"], features), f"{features.round(2)}"
        ),
        same["tied_contributions"].judge(
            _deviation(seen["contribution dimensions"], own.sum(-1)),
        ),
        claims["tied_minimum"].judge(places[np.abs(places - 1).argmax()], f"{places.round(4)}"),
        claims["tied_one_minimum"].judge(max(map(n_minima, found.loss))),
        claims["tied_rise"].judge((found.loss[:, aside] / found.loss[:, at_one] - 1).min()),
        counts["tied_features"].judge(
            _deviation(features, kept.sum(-1) / found.n_hidden), f"{features.round(2)}"
        ),
        counts["tied_packed"].judge(_deviation(own.sum(-1), np.full(len(own), found.n_hidden))),
    ]


def _claims(paper: str, section: str, setting: str, rows: tuple[Row, ...]) -> dict[str, Claim]:
    return claims_of("gauge/scale", rows, paper=paper, section=section, setting=setting)


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
