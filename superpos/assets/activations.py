"""Activations of a language model on texts, and of randomised ones in its place, kept on disk."""

import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from superpos.arguments import (
    ArgumentError,
    CountOrZero,
    MaybeCount,
    Seed,
    factory,
    shown,
)
from superpos.assets.tokens import Share
from superpos.engine.assets import aligned, asset, check_finite
from superpos.models.transformer.arms import Arm, Site, arms_of, width_of
from superpos.models.transformer.transformer import Transformer
from superpos.store import shards
from superpos.types import Array, Asset, Key, Members

FOLDER = "activations"
TEXTS_AT_ONCE = 16


@factory
def activations(
    *,
    transformers: Asset,
    tokens: Asset,
    arms: Sequence[str],
    layers: Sequence[int],
    site: Site = "mlp",
    n_texts: MaybeCount = None,
    skip: CountOrZero = 1,
    held_out_share: Share = 0.25,
    seed: Seed = 0,
) -> Asset:
    """Activations of every arm of each transformer, on the same texts in the same order.

    They are made once, one arm of one transformer after the other, and kept in checked files in
    the folder of the experiment, from which an interrupted run goes on.

    Args:
        transformers: an asset of trained language models, all of one architecture.
        tokens: an asset of texts, with the arrays "tokens", (n, length + 1), of which the last is
            not read, "document", (n,), integers, and others that are handed on, such as
            "vocabulary". A text is no longer than the positions of the transformers, and its tokens
            are in their vocabulary; that it is the same vocabulary cannot be seen.
        arms: names, as `superpos.models.transformer.arms` has them.
        layers: numbers of blocks, from 0 on.
        site: "residual", the residual stream before each block, or "mlp", the hidden layer of its
            MLP.
        n_texts: how many texts, evenly spaced, >= 1; None is all.
        skip: first tokens of each text whose activations are left out, as attention makes outliers
            of them, >= 0.
        held_out_share: of the documents that are held out, in (0, 1), evenly spaced; two at least.
        seed: of what is random in arms, in [0, 2³²). Each transformer has its own.

    Returns:
        An Asset with "inputs", (n_layers * n_arms * n_transformers, n, d), and "held_out", the same
        of the documents that are held out, float32: the first layer of the first arm of every
        transformer, then that of the next arm, and so on.
        "tokens", (n_held_out_texts, length - skip), and "document" are of the latter. It is read
        with "layers", "site" and "documents", the numbers of those held out in order, besides.

    Raises:
        ArgumentError: an unknown arm, a layer that is not there, texts that the transformers cannot
            read, or nothing is left of a text or of the documents; one line.
    """
    found = arms_of(arms)
    members = transformers.read(transformers.arrays)
    _check_model(members, layers, site)
    _check_tokens(tokens.arrays, members, skip)
    texts = _texts(tokens.arrays, n_texts, held_out_share)
    collection = _Collection(found, members, texts, tuple(layers), site, skip, seed)
    about = {
        "arms": [arm.name for arm in found],
        "layers": [*layers],
        "site": site,
        "skip": skip,
        "seed": seed,
    }
    about |= {"n_texts": n_texts, "held_out_share": held_out_share, "tokens": tokens.digest}
    others = {
        **tokens.arrays,
        "tokens": texts.tokens[texts.held_out, skip:],
        "document": texts.document[texts.held_out],
    }

    documents = np.unique(others["document"])
    also = {"layers": tuple(layers), "site": site, "documents": tuple(documents.tolist())}

    def read(arrays: Mapping[str, Any]) -> dict[str, Any]:
        return {**arrays, **also}

    def make(folder: str) -> Asset:
        of = transformers.made(folder)
        own = {**about, "transformers": of.digest}
        rows = _kept(Path(folder), own, collection._replace(members=of.read(of.arrays)))
        return asset({**rows, **others}, read, about=json.dumps(own, sort_keys=True))

    shapes = collection.shapes(len(layers) * collection.n_parts)
    return Asset({**shapes, **others}, "", read, make)


class _Texts(NamedTuple):
    """Texts of which activations are collected.

    Attributes:
        tokens: that are read, int32 (n, length).
        document: of each, (n,).
        held_out: which are, bool (n,).
    """

    tokens: np.ndarray
    document: np.ndarray
    held_out: np.ndarray


class _Collection(NamedTuple):
    """All layers of every arm of every transformer, a part at a time: number -> activations."""

    arms: Sequence[Arm]
    members: Members
    texts: _Texts
    layers: tuple[int, ...]
    site: Site
    skip: int
    seed: int

    @property
    def n_parts(self) -> int:
        return len(self.arms) * self.n_transformers

    @property
    def n_transformers(self) -> int:
        return self.members.params.embedding.shape[0]

    def shapes(self, *lead: int) -> dict[str, jax.ShapeDtypeStruct]:
        """Of the arrays, with leading lengths."""
        d = width_of(self.members.params, self.site)
        length = self.texts.tokens.shape[1] - self.skip
        counts = {"inputs": np.sum(~self.texts.held_out), "held_out": np.sum(self.texts.held_out)}
        return {
            name: jax.ShapeDtypeStruct((*lead, int(count) * length, d), np.dtype(np.float32))
            for name, count in counts.items()
        }

    def __call__(self, number: int) -> dict[str, np.ndarray]:
        arm, which = self.arms[number // self.n_transformers], number % self.n_transformers
        keys = jax.random.split(jax.random.fold_in(jax.random.key(self.seed), which), 3)
        trained = self.members.at(which).params
        needed = jax.tree.map(lambda leaf: leaf[: max(self.layers) + 1], trained.layers)
        params = _params(arm.of_params, keys[0], trained.replace(layers=needed))
        what = (arm.of_text, self.members.model.transformer, self.layers, self.site)
        found = _of_texts(what, params, self.texts.tokens, keys[1])[:, :, self.skip :]
        n_tokens = trained.embedding.shape[0]
        parts = [
            self._split(arm, each, key, n_tokens)
            for each, key in zip(found, jax.random.split(keys[2], len(found)), strict=True)
        ]
        return {name: np.stack([each[name] for each in parts]) for name in parts[0]}

    def _split(self, arm: Arm, found: Array, key: Key, n_tokens: int) -> dict[str, np.ndarray]:
        """Activations of one layer, (n_texts, length, d), as the arm has them, by document."""
        held_out = self.texts.held_out
        tokens = self.texts.tokens[:, self.skip :]
        fitted = np.flatnonzero(np.repeat(~held_out, tokens.shape[1]))
        flat = found.reshape(-1, found.shape[-1])
        rows = _rows((arm.of_rows, n_tokens), key, flat, tokens.ravel(), fitted)
        texts = np.asarray(rows).reshape(found.shape)
        parts = {
            name: texts[chosen].reshape(-1, found.shape[-1])
            for name, chosen in (("inputs", ~held_out), ("held_out", held_out))
        }
        check_finite(parts)
        return parts


@functools.partial(jax.jit, static_argnums=0)
def _params(arm: Arm, key: Key, trained: Any) -> Any:
    return arm.params(key, trained)


@functools.partial(jax.jit, static_argnums=0)
def _rows(what: tuple[Arm, int], *given: Array) -> Array:
    arm, n_tokens = what
    return arm.all_activations(*given, n_tokens=n_tokens)


@functools.partial(jax.jit, static_argnums=0)
def _of_texts(
    what: tuple[Arm, Transformer, tuple[int, ...], Site], params: Any, tokens: Array, key: Key
) -> Array:
    """Activations at each token of all texts, (n_layers, n_texts, length, d)."""
    arm, model, layers, site = what
    found = jax.lax.map(
        lambda each: arm.text_activations(model, params, *each, layers=layers, site=site),
        (tokens, jax.random.split(key, tokens.shape[0])),
        batch_size=TEXTS_AT_ONCE,
    )
    return jnp.moveaxis(found, 1, 0)


def _check_model(members: Any, layers: Sequence[int], site: Site) -> None:
    """Refuse what are no language models with these layers.

    Raises:
        ArgumentError: one line.
    """
    if not isinstance(members, Members) or members.model.transformer is None:
        raise ArgumentError("transformers: expected language models")
    most = members.model.transformer.architecture.n_layers - (site == "mlp")
    several = isinstance(layers, Sequence) and not isinstance(layers, str) and len(layers) > 0
    whole = several and all(type(each) is int and 0 <= each <= most for each in layers)
    if not whole or len({*layers}) < len(layers):
        raise ArgumentError(
            f"layers={shown(layers)}: expected integers in [0, {most}], each once, with site={site}"
        )


def _check_tokens(texts: Any, members: Members, skip: int) -> None:
    """Refuse what are no texts, or texts that a transformer was not made for.

    Raises:
        ArgumentError: one line.
    """
    if not isinstance(texts, Mapping) or not {"tokens", "document"} <= {*texts}:
        raise ArgumentError("tokens: expected texts, the arrays tokens and document")
    tokens, document = np.asarray(texts["tokens"]), np.asarray(texts["document"])
    if tokens.dtype.kind not in "iu" or tokens.ndim != 2 or document.shape != tokens.shape[:1]:
        given = f"{tokens.dtype}{list(tokens.shape)}"
        raise ArgumentError(f"tokens: {given}, expected integers (n, length + 1), document (n,)")
    n_tokens = members.params.embedding.shape[1]
    n_known = len(texts.get("vocabulary", range(n_tokens)))
    if n_known > n_tokens:
        raise ArgumentError(f"tokens: {n_known} in all, expected the {n_tokens} of transformers")
    low, high = tokens.min(initial=0), tokens.max(initial=0)
    if low < 0 or high >= n_known:
        raise ArgumentError(f"tokens: from {low} to {high}, expected [0, {n_known - 1}]")
    length, most = tokens.shape[1] - 1, members.model.transformer.architecture.n_positions
    if length > most:
        raise ArgumentError(f"tokens: {length} in a text, expected at most {most} positions")
    if skip >= length:
        raise ArgumentError(f"skip={skip}: expected less than the {length} tokens of a text")


def _texts(arrays: Mapping[str, np.ndarray], n_texts: int | None, held_out_share: float) -> _Texts:
    """Those that are used, some of their documents held out.

    Raises:
        ArgumentError: there are too few; one line.
    """
    n = len(arrays["tokens"])
    if n_texts is not None and n_texts > n:
        raise ArgumentError(f"n_texts={n_texts}: expected at most the {n} of tokens")
    chosen = np.arange(n) if n_texts is None else np.arange(n_texts) * n // n_texts
    document = arrays["document"][chosen]
    present = np.unique(document)
    n_held_out = max(2, round(held_out_share * len(present)))
    if n_held_out >= len(present):
        given = f"held_out_share={held_out_share}"
        raise ArgumentError(f"{given}: leaves none of {len(present)} documents")
    last = np.arange(1, n_held_out + 1) * len(present) // n_held_out - 1
    return _Texts(
        np.asarray(arrays["tokens"])[chosen, :-1], document, np.isin(document, present[last])
    )


def _kept(folder: Path, about: Mapping[str, Any], collection: _Collection) -> dict[str, np.ndarray]:
    """All rows, from the files of those that are there; the others are made.

    Raises:
        ArgumentError: a file cannot be read or written, or a number is not finite; one line.
    """
    name = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:16]
    place, n_layers, n_parts = folder / FOLDER / name, len(collection.layers), collection.n_parts
    of_part = collection.shapes(n_layers)
    try:
        found = {
            each: aligned((n_layers, n_parts, *of.shape[1:]), of.dtype)
            for each, of in of_part.items()
        }
        parts = shards.kept(place, about, of_part, n_parts, collection)
        for number, arrays in enumerate(parts):
            for each, array in arrays.items():
                found[each][:, number] = array
    except shards.StoreError as error:
        raise ArgumentError(str(error)) from None
    return {name: each.reshape(-1, *each.shape[2:]) for name, each in found.items()}
