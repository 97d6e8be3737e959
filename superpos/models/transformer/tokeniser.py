"""Text to tokens and back, by the tokeniser that comes with a language model or one of our own.

Source: github.com/huggingface/tokenizers; for GGUF, llama.cpp's `llama-vocab.cpp`, whose "smollm"
splits digits before it splits words as GPT-2 does.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from superpos.arguments import ArgumentError
from superpos.models.transformer.checkpoints import gguf_format
from superpos.models.transformer.checkpoints.config import Config

FILE = "tokenizer.json"
SPLITS_DIGITS = {"smollm": True, "gpt-2": False}
"""How GGUF calls a splitting into words -> whether each digit is a word."""
N_BYTES = 256
CONTROL = 3
"""GGUF's type of a token that is no text."""


class Encoding(NamedTuple):
    """A text as tokens.

    Attributes:
        tokens: their numbers, int32, (n,).
        spans: where each stands in the text, [start, stop) in characters, int32, (n, 2).
    """

    tokens: np.ndarray
    spans: np.ndarray


class Tokeniser(NamedTuple):
    """A tokeniser as functions.

    Attributes:
        n_tokens: size of its vocabulary.
        encode: text -> Encoding; nothing is put before or after the text.
        decode: numbers of tokens -> text.
        to_json: () -> what a tokenizer.json holds, by which `read_tokeniser` finds it again.
    """

    n_tokens: int
    encode: Callable[[str], Encoding]
    decode: Callable[[Any], str]
    to_json: Callable[[], str]


def read_tokeniser(path: str | Path) -> Tokeniser:
    """The tokeniser of a language model.

    Args:
        path: what `read` takes: a folder, with tokenizer.json, or a file that ends in .gguf, with
            byte-pair encoding of GPT-2's kind. Needs `superpos[lm]`.

    Returns:
        A Tokeniser.

    Raises:
        ArgumentError: a package is not installed, a file is missing or damaged, or the tokeniser is
            of another kind; one line.
    """
    path = Path(path)
    return _tokeniser(_from_gguf(path) if path.suffix == ".gguf" else _from_folder(path))


def train_tokeniser(texts: Iterable[str], *, n_tokens: int) -> Tokeniser:
    """Byte-pair encoding of bytes, as GPT-2's, learned from texts.

    Args:
        texts: to count pairs in; another order gives the same tokeniser.
        n_tokens: size of the vocabulary, at least the 256 bytes.

    Returns:
        A Tokeniser; of fewer tokens where the texts have no more pairs.

    Raises:
        ArgumentError: there are too few tokens, or `superpos[lm]` is not installed; one line.

    Reference:
        Sennrich et al. 2016, Neural Machine Translation of Rare Words with Subword Units; on bytes,
        Radford et al. 2019, GPT-2, section 2.2.
    """
    if n_tokens < N_BYTES:
        raise ArgumentError(f"n_tokens={n_tokens}: expected at least the {N_BYTES} bytes")
    tokenizers = _tokenizers("a tokeniser")
    found = tokenizers.Tokenizer(tokenizers.models.BPE())
    found.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    found.decoder = tokenizers.decoders.ByteLevel()
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=n_tokens, initial_alphabet=alphabet, show_progress=False
    )
    found.train_from_iterator(texts, trainer)
    return _tokeniser(found)


def _tokeniser(found: Any) -> Tokeniser:
    """A tokeniser of the package, as functions."""

    def encode(text: str) -> Encoding:
        encoding = found.encode(text, add_special_tokens=False)
        spans = np.array(encoding.offsets, np.int32).reshape(-1, 2)
        return Encoding(np.array(encoding.ids, np.int32), spans)

    def decode(tokens: Any) -> str:
        return found.decode(np.asarray(tokens).tolist(), skip_special_tokens=False)

    return Tokeniser(found.get_vocab_size(), encode, decode, found.to_str)


def _tokenizers(path: Path | str) -> Any:
    """The package.

    Raises:
        ArgumentError: it is not installed; one line.
    """
    try:
        import tokenizers
    except ImportError:
        raise ArgumentError(f"{path}: needs tokenizers; pip install 'superpos[lm]'") from None
    return tokenizers


def _from_folder(folder: Path) -> Any:
    tokenizers, path = _tokenizers(folder), folder / FILE
    if not path.is_file():
        raise ArgumentError(f"{path}: expected a file to read")
    try:
        return tokenizers.Tokenizer.from_file(str(path))
    except Exception:  # the package has no narrower class
        raise ArgumentError(f"{path}: damaged, expected a file of tokenizers") from None


def _from_gguf(path: Path) -> Any:
    tokenizers = _tokenizers(path)
    given = Config(path, gguf_format.read(path).values)
    given.choice("tokenizer.ggml.model", {"gpt2": "gpt2"})
    by_digits = given.choice("tokenizer.ggml.pre", SPLITS_DIGITS)
    names = ("tokens", "token_type", "merges")
    tokens, types, merges = (given.several(f"tokenizer.ggml.{name}") for name in names)
    split = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    if by_digits:
        digits = tokenizers.pre_tokenizers.Digits(individual_digits=True)
        split = tokenizers.pre_tokenizers.Sequence([digits, split])
    try:
        vocabulary = {token: number for number, token in enumerate(tokens)}
        pairs = [tuple(merge.split(" ")) for merge in merges]
        found = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocabulary, merges=pairs))
        control = [token for token, kind in zip(tokens, types, strict=True) if kind == CONTROL]
    except Exception:  # the package has no narrower class
        raise ArgumentError(f"{path}: damaged, expected tokens, their types and merges") from None
    found.pre_tokenizer = split
    found.decoder = tokenizers.decoders.ByteLevel()
    found.add_special_tokens(control)
    return found
