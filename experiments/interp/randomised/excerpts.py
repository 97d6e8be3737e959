"""Contexts in which latents are most active, for a person who is not told their arm."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xarray

from superpos import interp
from superpos.app.findings import STRONGEST, Question

N_OF_AN_ARM = 5
"""Latents of each arm that a person is shown."""


class Excerpt(NamedTuple):
    """A latent.

    Attributes:
        arm: that it is of.
        latent: its number.
        explanation: as a decision list.
        contexts: of each in which it is active, the text of its tokens and the activation there, as
            parts of the largest.
    """

    arm: str
    latent: int
    explanation: str
    contexts: list[list[tuple[str, float]]]


def excerpts_of(dataset: xarray.Dataset, arms: Sequence[str], n_transformers: int) -> list[Excerpt]:
    """The first latents of each arm, of its first transformer and seed."""
    found = []
    finished = (dataset["ok"] == 1).transpose("row", "seed").to_numpy()
    for number, arm in enumerate(arms):
        row = number * n_transformers
        if finished[row, 0]:
            found += _of_arm(dataset.isel(row=row, seed=0), arm)
    return found


def _of_arm(dataset: xarray.Dataset, arm: str) -> list[Excerpt]:
    numbers = dataset["latent_number"].to_numpy().astype(int)
    explanations = interp.from_bytes(dataset["explanation"].to_numpy())
    found = []
    for at in range(min(N_OF_AN_ARM, len(explanations))):
        if numbers[at] < 0:
            continue
        here = dataset.isel(shown_latent=at)
        activations = here["excerpt_activations"].to_numpy()
        largest = activations.max()
        contexts = [
            [*zip(interp.from_bytes(text), values / largest, strict=True)]
            for text, values in zip(here["excerpt_text"].to_numpy(), activations, strict=True)
            if values.max() > 0
        ]
        found.append(Excerpt(arm, int(numbers[at]), explanations[at], contexts))
    return found


def questions_of(excerpts: Sequence[Excerpt]) -> list[Question]:
    """In an order that says nothing of the arms, each with its arm behind a click."""
    order = np.random.default_rng(0).permutation(len(excerpts))
    return [
        Question(
            title=f"Latent {number + 1}",
            excerpts=[_marked(context) for context in excerpts[at].contexts],
            answer={
                "Arm": excerpts[at].arm,
                "Decision list": excerpts[at].explanation,
                "Number": str(excerpts[at].latent),
            },
        )
        for number, at in enumerate(order)
    ]


def _marked(context: Sequence[tuple[str, float]]) -> list[tuple[str, int]]:
    """Pieces of a context; those with equal marks that follow one another are one."""
    pieces: list[tuple[str, int]] = []
    for text, part in context:
        strength = int(np.ceil(max(part, 0.0) * STRONGEST))
        if pieces and not strength and not pieces[-1][1]:
            pieces[-1] = (pieces[-1][0] + text, 0)
        else:
            pieces.append((text, strength))
    return pieces
