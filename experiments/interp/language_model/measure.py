"""The loss on held-out text over the tokens seen, and that of models of n-grams."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import xarray

from superpos import assets
from superpos.arguments import ArgumentError
from superpos.models.ngrams import kneser_ney
from superpos.train import store

ORDERS = {"unigram": 1, "bigram": 2, "trigram": 3}
"""Baseline -> tokens of its n-grams."""
EXCERPT = {
    "kind": "tokens",
    "novel": "experiments/corpus/excerpt/northanger_abbey.txt",
    "n_tokens": 1024,
}
"""The text that the experiment trains on where nothing else is said."""


class Learning(NamedTuple):
    """Losses in nats per token.

    Attributes:
        seeds: of the models that finished, (seeds,).
        tokens: that a model has seen when it is measured, (times,), from 0 on.
        loss: of each model on held-out text, (seeds, times).
        baselines: the same of a model of n-grams, by its name.
        n_tokens: size of the vocabulary.
        n_train: tokens that are there to be trained on.
        n_held_out: tokens that the losses are means of.
    """

    seeds: np.ndarray
    tokens: np.ndarray
    loss: np.ndarray
    baselines: dict[str, float]
    n_tokens: int
    n_train: int
    n_held_out: int


def measure(
    datasets: Mapping[str, xarray.Dataset],
    examples: Mapping[str, Any] | None = None,
    held_out: Mapping[str, Any] | None = None,
) -> Learning:
    """Take the losses that were stored, and count n-grams in the same windows.

    Args:
        datasets: {"sweep": over seed}.
        examples: the loader of the text that the models were trained on; None is the excerpt's.
        held_out: that of the text that is held out.

    Raises:
        ArgumentError: the sweep was given other texts, or a document is held out that models are
            trained on; one line.
    """
    dataset = datasets["sweep"]
    config = store.config_of(dataset)
    given, apart = (
        _text(name, loader, config[f"assets.{name}"])
        for name, loader in (
            ("examples", examples or EXCERPT),
            ("held_out", held_out or {**EXCERPT, "split": "held_out"}),
        )
    )
    if both := n_of_both(given, apart):
        raise ArgumentError(
            f"assets.held_out: {both} of its documents are in assets.examples, expected others"
        )
    train, test = given["tokens"], apart["tokens"]
    n_tokens = config["model.n_tokens"]
    baselines = {
        name: float(kneser_ney(train, n_tokens=n_tokens, order=order)(test).mean())
        for name, order in ORDERS.items()
    }
    found = dataset.isel(seed=np.flatnonzero(store.finished(dataset)))
    loss = found["held_out_loss"].transpose("seed", ...).to_numpy().astype(float)
    steps = found["step_held_out_loss"].transpose("seed", ...).to_numpy().max(axis=0, initial=-1)
    known = steps >= 0
    return Learning(
        seeds=found["seed"].to_numpy(),
        tokens=steps[known] * config["fit.batch_size"] * config["data.n_features"],
        loss=loss[:, known],
        baselines=baselines,
        n_tokens=n_tokens,
        n_train=train[:, 1:].size,
        n_held_out=test[:, 1:].size,
    )


def n_of_both(given: Mapping[str, np.ndarray], apart: Mapping[str, np.ndarray]) -> int:
    """How many documents of the second text have every window in the first one.

    Args:
        given: "tokens", (n, length), int, and "document", (n,).
        apart: the same of the second.
    """
    known = {window.tobytes() for window in given["tokens"]}
    there = np.array([window.tobytes() in known for window in apart["tokens"]])
    return sum(
        bool(there[apart["document"] == each].all()) for each in np.unique(apart["document"])
    )


def _text(name: str, loader: Mapping[str, Any], digest: str) -> Mapping[str, np.ndarray]:
    """The arrays of a text, which are those that the models were given.

    Raises:
        ArgumentError: they were given others; one line.
    """
    try:
        made = assets.tokens(**{key: value for key, value in loader.items() if key != "kind"})
    except ArgumentError as error:
        raise ArgumentError(f"analysis.{name}.{error}") from None
    if made.digest != digest:
        raise ArgumentError(
            f"analysis.{name}: expected the text of assets.{name}, as it was stored"
        )
    return made.arrays
