"""The loss on held-out text over the tokens seen, and that of models of n-grams."""

import functools
import json
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
        ArgumentError: the sweep was given other texts; one line.
    """
    dataset = datasets["sweep"]
    config = store.config_of(dataset)
    train, test = (
        _windows(name, json.dumps(loader, sort_keys=True), config[f"assets.{name}"])
        for name, loader in (
            ("examples", examples or EXCERPT),
            ("held_out", held_out or {**EXCERPT, "split": "held_out"}),
        )
    )
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


@functools.lru_cache(maxsize=4)
def _windows(name: str, loader: str, digest: str) -> np.ndarray:
    """The windows of a text, which are those that the models were given.

    Raises:
        ArgumentError: they were given others; one line.
    """
    arguments = json.loads(loader)
    made = assets.tokens(**{key: value for key, value in arguments.items() if key != "kind"})
    if made.digest != digest:
        raise ArgumentError(
            f"analysis.{name}: expected the text of assets.{name}, as it was stored"
        )
    return made.arrays["tokens"]
