"""A golden checkpoint as the package gguf writes it, and its tokeniser; and bad files."""

import sys
from collections.abc import Callable
from pathlib import Path

import gguf
import numpy as np
import pytest
import tokenizers

from superpos.arguments import ArgumentError
from superpos.models.transformer import read, read_tokeniser
from superpos.models.transformer.checkpoints import gguf_format
from tests.superpos.models.transformer.gguf_files import TOKENS, tensors, written
from tests.superpos.models.transformer.golden import compare


@pytest.mark.slow
def test_the_same_weights_give_what_transformers_computes(tmp_path: Path) -> None:
    compare(written(tmp_path / "a.gguf", arrays=tensors()), "llama")


def test_quantised_numbers_are_what_their_blocks_say(tmp_path: Path) -> None:
    """Q4_1: 32 numbers are d q + m; Q8_0: d q. d and m are float16, q are 4 or 8 bits."""
    arrays, up, embedding = tensors(), "blk.1.ffn_up.weight", "token_embd.weight"
    kinds = gguf.GGMLQuantizationType
    path = written(
        tmp_path / "a.gguf", arrays=arrays, types={up: kinds.Q4_1, embedding: kinds.Q8_0}
    )
    _, params = read(path)

    blocks = gguf.quants.quantize(arrays[up], kinds.Q4_1).reshape(-1, 20)
    scale, least = blocks[:, :4].copy().view(np.float16).astype(np.float64).T
    nibbles = np.concatenate([blocks[:, 4:] & 15, blocks[:, 4:] >> 4], axis=1)
    expected = (scale[:, None] * nibbles + least[:, None]).reshape(64, 32)
    np.testing.assert_allclose(params.layers.up.W[1].T, expected, rtol=1e-6, atol=1e-7)
    assert np.abs(expected - arrays[up]).max() > 0.01

    blocks = gguf.quants.quantize(arrays[embedding], kinds.Q8_0).reshape(-1, 34)
    scale = blocks[:, :2].copy().view(np.float16).astype(np.float64)
    expected = (scale * blocks[:, 2:].copy().view(np.int8)).reshape(48, 32)
    np.testing.assert_allclose(params.embedding, expected, rtol=1e-6, atol=1e-7)


def test_a_file_without_an_unembedding_has_tied_embeddings(tmp_path: Path) -> None:
    arrays = tensors()
    del arrays["output.weight"]
    _, params = read(written(tmp_path / "a.gguf", arrays=arrays))
    assert params.unembedding is None


@pytest.mark.parametrize(
    ("pre", "tokens"),
    [("smollm", [10, 3, 4, 7, 8, 9]), ("gpt-2", [10, 11, 7, 8, 9])],
)
def test_words_are_split_as_the_file_says(tmp_path: Path, pre: str, tokens: list[int]) -> None:
    """By hand: " ab", then 1 and 2 or 12, "c", "ab", " a"."""
    tokeniser = read_tokeniser(written(tmp_path / "a.gguf", arrays={}, pre=pre))
    text = " ab12cab a"
    found = tokeniser.encode(text)
    assert found.tokens.tolist() == tokens
    assert tokeniser.decode(found.tokens) == text
    assert "".join(text[start:stop] for start, stop in found.spans) == text
    assert tokeniser.encode("a<|end|>b").tokens.tolist() == [5, 0, 6]
    assert tokeniser.n_tokens == len(TOKENS)
    assert tokeniser.encode("").spans.shape == (0, 2)


def test_a_folder_has_the_tokeniser_of_tokenizers(tmp_path: Path) -> None:
    words = tokenizers.Tokenizer(tokenizers.models.WordLevel({"?": 0, "one": 1, "two": 2}, "?"))
    words.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    words.post_processor = tokenizers.processors.TemplateProcessing(
        "? $A", special_tokens=[("?", 0)]
    )
    words.save(str(tmp_path / "tokenizer.json"))
    found = read_tokeniser(tmp_path).encode("two one three")
    assert found.tokens.tolist() == [2, 1, 0]
    assert found.spans.tolist() == [[0, 3], [4, 7], [8, 13]]


def cut(path: Path, n_bytes: int) -> Path:
    path.write_bytes(path.read_bytes()[:n_bytes])
    return path


def changed(path: Path, old: bytes, new: bytes) -> Path:
    content = path.read_bytes()
    assert content.count(old) == 1 and len(old) == len(new)
    path.write_bytes(content.replace(old, new))
    return path


def u64(number: int) -> bytes:
    return number.to_bytes(8, "little")


MERGES = b"tokenizer.ggml.merges" + (9).to_bytes(4, "little") + (8).to_bytes(4, "little")
NORM = b"output_norm.weight" + (1).to_bytes(4, "little")
DAMAGED = ": damaged, expected a GGUF file"


BAD: dict[str, tuple[Callable[[Path], Path], str]] = {
    "missing": (lambda path: path, ": expected a file to read (No such file or directory)"),
    "cut": (lambda path: cut(written(path, arrays={}), 400), DAMAGED),
    "numbers_cut": (lambda path: cut(written(path, arrays=tensors()), -4), DAMAGED),
    "empty": (lambda path: cut(written(path, arrays={}), 0), DAMAGED),
    "list_without_end": (
        lambda path: changed(written(path, arrays={}), MERGES + u64(4), MERGES + u64(2**50)),
        DAMAGED,
    ),
    "tensor_too_large": (
        lambda path: changed(written(path, arrays=tensors()), NORM + u64(32), NORM + u64(2**50)),
        DAMAGED,
    ),
    "version": (
        lambda path: changed(written(path, arrays={}), b"GGUF\3\0\0\0", b"GGUF\1\0\0\0"),
        DAMAGED,
    ),
    "no_gguf": (
        lambda path: path.write_bytes(b"abc") and path,
        DAMAGED,
    ),
    "architecture": (
        lambda path: written(path, arrays={}, architecture="mamba"),
        ": general.architecture='mamba', expected one of llama",
    ),
    "no_array": (lambda path: written(path, arrays={}), ": expected an array layers.0.input_la"),
    "another_shape": (
        lambda path: written(
            path, arrays={**tensors(), "output_norm.weight": np.ones(31, np.float32)}
        ),
        ": norm.weight is [31], expected [32]",
    ),
    "odd_rows": (
        lambda path: written(
            path, arrays={**tensors(), "blk.0.attn_k.weight": np.ones((15, 32), np.float32)}
        ),
        ": blk.0.attn_k.weight is [15, 32], expected pairs of rows of 2 heads",
    ),
    "one_too_many": (
        lambda path: written(path, arrays={**tensors(), "rope_freqs": np.ones(3, np.float32)}),
        ": rope_freqs: in none of the architectures here",
    ),
}


@pytest.mark.parametrize(("make", "message"), BAD.values(), ids=BAD)
def test_a_bad_file_is_one_line(tmp_path: Path, make: Callable[[Path], Path], message: str) -> None:
    path = make(tmp_path / "a.gguf")
    with pytest.raises(ArgumentError) as caught:
        read(path)
    text = str(caught.value)
    assert text.startswith(f"{path}{message}") and "\n" not in text


BAD_TOKENISERS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "missing": (lambda path: path.with_suffix(""), "/tokenizer.json: expected a file to read"),
    "damaged": (
        lambda path: (path.parent / "tokenizer.json").write_text("{}") and path.parent,
        "/tokenizer.json: damaged, expected a file of tokenizers",
    ),
    "other_split": (
        lambda path: written(path, arrays={}, pre="llama-bpe"),
        ": tokenizer.ggml.pre='llama-bpe', expected one of smollm, gpt-2",
    ),
    "foreign_merge": (
        lambda path: written(path, arrays={}, merges=["x y"]),
        ": damaged, expected tokens, their types and merges",
    ),
}


@pytest.mark.parametrize(("make", "message"), BAD_TOKENISERS.values(), ids=BAD_TOKENISERS)
def test_a_bad_tokeniser_is_one_line(
    tmp_path: Path, make: Callable[[Path], Path], message: str
) -> None:
    path = make(tmp_path / "a.gguf")
    with pytest.raises(ArgumentError) as caught:
        read_tokeniser(path)
    assert str(caught.value) == f"{path}{message}"


@pytest.mark.parametrize("package", ["gguf", "tokenizers"])
def test_a_package_that_is_not_installed_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    path = written(tmp_path / "a.gguf", arrays={})
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ArgumentError, match=rf"needs {package}; pip install 'superpos\[lm\]'$"):
        read_tokeniser(path)


def test_values_and_tensors_are_those_of_the_package(tmp_path: Path) -> None:
    path = written(tmp_path / "a.gguf", arrays=tensors())
    ours, theirs = gguf_format.read(path), gguf.GGUFReader(path)
    found = {n: f.contents() for n, f in theirs.fields.items() if not n.startswith("GGUF.")}
    assert ours.values == found
    assert list(ours.tensors) == [tensor.name for tensor in theirs.tensors]
    for tensor in theirs.tensors:
        np.testing.assert_array_equal(ours.tensors[tensor.name].dequantised(), tensor.data)
