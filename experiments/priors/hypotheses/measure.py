"""How often networks say what the first rule says, where it and the second disagree."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
import xarray

from superpos.data.two_rules import TwoRules, two_rules_examples
from superpos.models import kernels
from superpos.train import store

FACTORS, SGD, NOISE, SHUFFLED = "factors", "sgd", "noise", "shuffled"
FEW, GUESSED = "few", "guessed"
"""The variants."""
LABELS = {
    "n_hidden": "width",
    "n_layers": "hidden layers",
    "weight_std": "start",
    "learning_rate": "learning rate",
    "weight_decay": "weight decay",
}
"""Coordinate -> what it is called."""
SIZES = {"feature": "n_features", "example": "n_samples", "held_out": "n_held_out"}
"""Dimension -> argument of the data."""
DECIDED = 0.75
"""A network picks a rule that it agrees with on this share of the examples, or more."""
N_DRAWS = 500
"""Of a kernel's networks."""
RIDGE = 1e-6
"""Of a kernel, over its mean diagonal: for rounding."""


class Picked(NamedTuple):
    """Networks of one kind.

    Attributes:
        name: how it differs from the base.
        agreement: with the first rule, share of the examples on which the rules disagree, (n_pairs,
            n_data, n_networks).
        fits: whether all that it was trained on is right, of the same shape.
    """

    name: str
    agreement: np.ndarray
    fits: np.ndarray

    def counts(self) -> np.ndarray:
        """Networks that fit and pick the first rule, the second and neither, (n_pairs, 3)."""
        first = self.agreement >= DECIDED
        second = self.agreement <= 1 - DECIDED
        kinds = (first, second, ~(first | second))
        return np.stack([(self.fits & kind).sum((1, 2)) for kind in kinds], axis=-1)

    def mean(self) -> np.ndarray:
        """Mean agreement of those that fit, (n_pairs, n_data); nan where there are none."""
        return _mean(self.agreement, self.fits)


class Hypotheses(NamedTuple):
    """What is measured.

    Attributes:
        pairs: numbers of the pairs of rules, (n_pairs,).
        cells: the base first, then one factor at a time, the last by SGD.
        levels: label noise, (n_levels,).
        noisy: networks at each.
        shuffled: networks whose labels were dealt by chance.
        kernels: "NNGP" and "NTK" -> networks of their limit, at the base.
        few: networks trained on few examples, the base first.
        guessed: networks of the same kinds that fit these at their start, by chance.
    """

    pairs: np.ndarray
    cells: list[Picked]
    levels: np.ndarray
    noisy: list[Picked]
    shuffled: Picked
    kernels: Mapping[str, Picked]
    few: list[Picked]
    guessed: list[Picked]


def measure(datasets: Mapping[str, xarray.Dataset]) -> Hypotheses:
    """Compare outputs with the rules.

    Args:
        datasets: {"factors" and "few": over points, pair, data_seed and seed; "sgd" and "shuffled":
            over the last three; "noise": over label_noise, too}, with outputs at what is held out;
            "guessed": as "few", with those of networks that fit by chance.
    """
    factors, noise = datasets[FACTORS], datasets[NOISE]
    points = ordered(factors)
    base = points[0]
    cells = [picked(point, name(point, base)) for point in points]
    levels = noise["label_noise"].to_numpy().astype(float)
    return Hypotheses(
        base["pair"].to_numpy().astype(int),
        [*cells, picked(datasets[SGD], "SGD with momentum")],
        levels,
        [picked(noise.isel(label_noise=at), f"noise {level:g}") for at, level in enumerate(levels)],
        picked(datasets[SHUFFLED], "shuffled"),
        limits(base, store.config_of(factors)),
        [picked(point, name(point, base)) for point in ordered(datasets[FEW])],
        [guessed(point, name(point, base)) for point in ordered(datasets[GUESSED])],
    )


def ordered(dataset: xarray.Dataset) -> list[xarray.Dataset]:
    """Points along n_hidden, the base first, then by what they change."""
    points = [dataset.isel(n_hidden=at) for at in range(dataset.sizes["n_hidden"])]
    base = base_of(points)
    others = sorted(
        (point for point in points if point is not base),
        key=lambda point: [([*LABELS].index(k), v) for k, v in changes(point, base).items()],
    )
    return [base, *others]


def base_of(points: Sequence[xarray.Dataset]) -> xarray.Dataset:
    """The point from which the others differ least, in how many values; they come in any order."""
    return min(points, key=lambda point: sum(map(len, (changes(each, point) for each in points))))


def changes(point: xarray.Dataset, base: xarray.Dataset) -> dict[str, float]:
    """Coordinate -> value of a point, where it is not as in the base; of what varies in both."""
    shared = [key for key in LABELS if key in point and key in base]
    return {key: float(point[key]) for key in shared if point[key] != base[key]}


def name(point: xarray.Dataset, base: xarray.Dataset) -> str:
    """What of a point is not as in the base."""
    changed = changes(point, base).items()
    return ", ".join(f"{LABELS[key]} {value:g}" for key, value in changed) or "base"


def picked(dataset: xarray.Dataset, name: str) -> Picked:
    """What the networks of one kind say.

    Args:
        dataset: over pair, data_seed and seed.
        name: of the kind.
    """
    order = ("pair", "data_seed", "seed")
    steps = {dim: -1 for dim in dataset["held_out_outputs"].dims if str(dim).startswith("step")}
    dataset = dataset.isel(steps).transpose(*order, ...)
    said, trained = (
        np.sign(dataset[each].to_numpy()[..., 0]) for each in ("held_out_outputs", "batch_outputs")
    )
    made = examples(dataset)
    first, targets = (
        np.array([[part(each) for each in row] for row in made])[:, :, None]
        for part in (lambda each: each.first, lambda each: each.train.targets[:, 0])
    )
    fits = store.finished(dataset).transpose(*order).to_numpy() & (trained == targets).all(-1)
    return Picked(name, (said == first).mean(-1), fits)


def guessed(dataset: xarray.Dataset, name: str) -> Picked:
    """What networks say that fit by chance, those of all seeds together."""
    order = ("pair", "data_seed", "seed", "guess", "held_out", "output")
    said = dataset["guessed_outputs"].transpose(*order).to_numpy()[..., 0]
    first = np.array([[each.first for each in row] for row in examples(dataset)])
    fits = ~np.isnan(said[..., 0])
    agreement = (np.sign(said) == first[:, :, None, None]).mean(-1)
    return Picked(name, *(each.reshape(*each.shape[:2], -1) for each in (agreement, fits)))


def examples(dataset: xarray.Dataset) -> list[list[TwoRules]]:
    """The data of each pair and data seed, as they were trained on."""
    config = store.config_of(dataset)
    noise = dataset["label_noise"] if "label_noise" in dataset else config["data.label_noise"]
    made_with = {"label_noise": float(noise), "shuffled": bool(config["data.shuffled"])}
    sizes = {argument: dataset.sizes[dim] for dim, argument in SIZES.items()}
    pairs, seeds = (dataset[each].to_numpy().astype(np.float32) for each in ("pair", "data_seed"))
    made = [
        [two_rules_examples(pair=pair, data_seed=seed, **sizes, **made_with) for seed in seeds]
        for pair in pairs
    ]
    return jax.tree.map(np.asarray, made)


def limits(base: xarray.Dataset, config: Mapping[str, Any]) -> dict[str, Picked]:
    """What wide networks with the start of the base say, by their kernels."""
    made = examples(base)
    std = {
        "n_layers": int(base["n_layers"]),
        "weight_std": float(base["weight_std"]),
        "bias_std": config["model.init.bias_std"],
    }
    found: dict[str, list[list[np.ndarray]]] = {"NNGP": [], "NTK": []}
    for row in made:
        agreements: dict[str, list[np.ndarray]] = {name: [] for name in found}
        for each in row:
            inputs = np.concatenate([each.train.inputs, each.probe])
            start = kernels.nngp(inputs=inputs, **std)
            tangent = kernels.ntk(inputs=inputs, n_hidden=int(base["n_hidden"]), **std)
            for name, kernel in (("NNGP", start), ("NTK", tangent)):
                limit = kernels.trained(
                    kernel=kernel,
                    start=start,
                    targets=np.asarray(each.train.targets[:, 0], float),
                    ridge=float(RIDGE * np.trace(kernel) / len(kernel)),
                )
                said = np.sign(kernels.draw(limit, N_DRAWS, seed=0))
                agreements[name].append((said == each.first).mean(-1))
        for name, each in agreements.items():
            found[name].append(each)
    arrays = {name: np.array(each) for name, each in found.items()}
    return {name: Picked(name, each, np.ones(each.shape, bool)) for name, each in arrays.items()}


def _mean(agreement: np.ndarray, fits: np.ndarray) -> np.ndarray:
    n = fits.sum(-1)
    return np.where(n > 0, np.where(fits, agreement, 0).sum(-1) / np.maximum(n, 1), np.nan)
