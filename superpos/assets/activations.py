"""Activations of a language model on texts, and of randomised ones in its place, kept on disk."""

import functools
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from superpos.arguments import ArgumentError, CountOrZero, Seed, factory
from superpos.engine.assets import aligned, asset, check_finite
from superpos.models.transformer.arms import Arm, Site, arms_of, width_of
from superpos.models.transformer.transformer import Transformer
from superpos.store import shards
from superpos.types import Array, Asset, Key, Members

FOLDER = "activations"
TEXTS_AT_ONCE = 16
INPUTS = "inputs"


@factory
def activations(
    *,
    transformers: Asset,
    tokens: Asset,
    arms: Sequence[str],
    layer: CountOrZero,
    site: Site = "mlp",
    skip: CountOrZero = 1,
    seed: Seed = 0,
) -> Asset:
    """Activations of every arm of each transformer, on the same texts in the same order.

    They are made once, one arm of one transformer after the other, and kept in checked files in
    the folder of the experiment, from which an interrupted run goes on.

    Args:
        transformers: an asset of trained language models, all of one architecture.
        tokens: an asset of texts, with the array "tokens", (n_texts, length).
        arms: names, as `superpos.models.transformer.arms` has them, the first of which is 0.
        layer: number of the block, from 0 on.
        site: "residual", the residual stream before the block, or "mlp", the hidden layer of its
            MLP.
        skip: first tokens of each text whose activations are left out, as attention has made them
            outliers; >= 0.
        seed: of what is random in arms, in [0, 2³²). Each transformer has its own.

    Returns:
        An Asset with "inputs", (n_arms * n_transformers, n_texts * (length - skip), d), float32;
        row a * n_transformers + t is arm a of transformer t. The other arrays of `tokens` are in
        it too.

    Raises:
        ArgumentError: an unknown arm, a layer that is not there, or nothing is left of a text; one
            line.
    """
    found = arms_of(arms)
    members = transformers.read(transformers.arrays)
    _check(members, tokens.arrays, layer, site, skip)
    settings = {"layer": layer, "site": site, "skip": skip, "seed": seed}

    def make(folder: str) -> Asset:
        of, texts = transformers.made(folder), tokens.made(folder)
        about = {"transformers": of.digest, "tokens": texts.digest, "arms": [*arms], **settings}
        collect = functools.partial(_collect, found, of.read(of.arrays), texts.arrays, **settings)
        inputs = _kept(Path(folder), about, _shape(found, of, texts, site, skip), collect)
        return asset({INPUTS: inputs, **texts.arrays}, about=json.dumps(about, sort_keys=True))

    shape = _shape(found, transformers, tokens, site, skip)
    inputs = jax.ShapeDtypeStruct(shape, np.float32)
    return Asset({INPUTS: inputs, **tokens.arrays}, "", make=make)


def _check(members: Members, texts: Mapping[str, Any], layer: int, site: Site, skip: int) -> None:
    """Refuse what cannot be collected.

    Raises:
        ArgumentError: one line.
    """
    model = members.model.transformer
    if model is None:
        raise ArgumentError("transformers: expected language models")
    most = model.architecture.n_layers - (site == "mlp")
    if layer > most:
        raise ArgumentError(f"layer={layer}: expected at most {most}, with site={site}")
    length = texts["tokens"].shape[1]
    if skip >= length:
        raise ArgumentError(f"skip={skip}: expected less than the {length} tokens of a text")


def _shape(
    arms: Sequence[Arm], transformers: Asset, tokens: Asset, site: Site, skip: int
) -> tuple[int, int, int]:
    params = transformers.read(transformers.arrays).params
    n_texts, length = tokens.arrays["tokens"].shape
    n_transformers = params.embedding.shape[0]
    return len(arms) * n_transformers, n_texts * (length - skip), width_of(params, site)


def _collect(
    arms: Sequence[Arm],
    members: Members,
    texts: Mapping[str, np.ndarray],
    number: int,
    *,
    layer: int,
    site: Site,
    skip: int,
    seed: int,
) -> np.ndarray:
    """Activations of one arm of one transformer, by its row, (n_texts * (length - skip), d)."""
    n_transformers = members.params.embedding.shape[0]
    arm, which = arms[number // n_transformers], number % n_transformers
    keys = jax.random.split(jax.random.fold_in(jax.random.key(seed), which), 3)
    trained, _ = members.at(which)
    needed = jax.tree.map(lambda leaf: leaf[: layer + 1], trained.layers)
    params = _params(arm, keys[0], trained.replace(layers=needed))
    model = members.model.transformer
    found = _of_texts((arm.of_text, model, layer, site), params, texts["tokens"], keys[1])[:, skip:]
    return np.asarray(_rows(arm, keys[2], found.reshape(-1, found.shape[-1])))


@functools.partial(jax.jit, static_argnums=0)
def _params(arm: Arm, key: Key, trained: Any) -> Any:
    return arm.params(key, trained)


@functools.partial(jax.jit, static_argnums=0)
def _rows(arm: Arm, key: Key, activations: Array) -> Array:
    return arm.all_activations(key, activations)


@functools.partial(jax.jit, static_argnums=0)
def _of_texts(
    what: tuple[Arm, Transformer, int, Site], params: Any, tokens: Array, key: Key
) -> Array:
    """Activations at each token of all texts, (n_texts, length, d)."""
    arm, model, layer, site = what
    return jax.lax.map(
        lambda each: arm.text_activations(model, params, *each, layer=layer, site=site),
        (tokens, jax.random.split(key, tokens.shape[0])),
        batch_size=TEXTS_AT_ONCE,
    )


def _kept(
    folder: Path,
    about: Mapping[str, Any],
    shape: tuple[int, int, int],
    collect: Callable[[int], np.ndarray],
) -> np.ndarray:
    """All rows, from the files of those that are there; the others are made.

    Raises:
        ArgumentError: a file cannot be read or written, or a row is not finite; one line.
    """
    name = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:16]
    place = folder / FOLDER / name
    each = {INPUTS: jax.ShapeDtypeStruct(shape[1:], np.dtype(np.float32))}

    def part(number: int) -> dict[str, np.ndarray]:
        found = {INPUTS: collect(number)}
        check_finite(found)
        return found

    try:
        shards.make(place, about, each, shape[0], part)
        found = aligned(shape, np.float32)
        for number, arrays in enumerate(shards.read(place, each, shape[0])):
            found[number] = arrays[INPUTS]
    except shards.StoreError as error:
        raise ArgumentError(str(error)) from None
    return found
