"""Models on this machine: superpos's own transformer, and that of transformers where there is one.

Both read one checkpoint, so each is compared with the logits of the forward pass that parity tests
hold against transformers.
"""

import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import jax
import numpy as np
import pytest
import tokenizers

from superpos.arguments import ArgumentError
from superpos.interp.backends import (
    BackendError,
    Message,
    own_transformer,
    transformers_local,
)
from superpos.models.transformer import Encoding, Tokeniser, read, read_tokeniser

GOLDEN = Path(__file__).resolve().parents[3] / "golden" / "language_models" / "gpt2"
ASKED = [Message("user", "a b")]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny GPT-2 with a tokeniser of one token a character."""
    folder = tmp_path_factory.mktemp("tiny")
    for name in ("config.json", "model.safetensors"):
        shutil.copy(GOLDEN / name, folder / name)
    n_tokens = json.loads((folder / "config.json").read_text())["vocab_size"]
    letters = [letter(number) for number in range(n_tokens)]
    words = tokenizers.models.WordLevel({each: n for n, each in enumerate(letters)}, unk_token="!")
    made = tokenizers.Tokenizer(words)
    made.pre_tokenizer = tokenizers.pre_tokenizers.Split("", "isolated")
    made.decoder = tokenizers.decoders.Fuse()
    made.save(str(folder / "tokenizer.json"))
    return folder


def log_probabilities(folder: Path, tokens: list[int]) -> np.ndarray:
    """Of the token after each, as the forward pass says, (n, n_tokens)."""
    model, params = read(folder)
    logits = jax.jit(model.apply)(params, np.array(tokens, np.int32)).logits
    return np.asarray(jax.nn.log_softmax(logits))


def assert_likeliest(
    folder: Path, prompt: list[int], new: list[int], first: Mapping[str, float]
) -> None:
    """Each new token is the likeliest after those before it, and `first` ranks the first ones."""
    logs = log_probabilities(folder, prompt + new)[len(prompt) - 1 :]
    assert logs.argmax(axis=1)[: len(new)].tolist() == new
    ranked = np.argsort(-logs[0])[: len(first)]
    assert [*first][::-1] == [letter(n) for n in ranked]
    np.testing.assert_allclose([*first.values()][::-1], logs[0][ranked], atol=1e-4)


def letter(number: int) -> str:
    return chr(ord(" ") + number)


def test_the_own_transformer_says_the_likeliest(checkpoint: Path) -> None:
    model, params = read(checkpoint)
    prompt, end = [3, 1, 4], [999]

    def encode(text: str) -> Encoding:
        told = end if text == "<|im_end|>" else prompt
        return Encoding(np.array(told, np.int32), np.zeros((len(told), 2), np.int32))

    tokeniser = Tokeniser(
        model.architecture.n_tokens, encode, lambda n: "".join(map(letter, n)), lambda: "{}"
    )
    backend = own_transformer(name="tiny", model=model, params=params, tokeniser=tokeniser)
    answer = backend.complete(ASKED, 4, 3)
    new = [ord(each) - ord(" ") for each in answer.text]
    assert len(new) == 4 and len(answer.first) == 3
    assert_likeliest(checkpoint, prompt, new, answer.first)
    assert (backend.usage.requests, backend.usage.tokens) == (1, 7)
    end[:] = new[1:2]  # the answer ends with what ends a message
    assert backend.complete(ASKED, 4, 0) == (
        answer.text[: answer.text.index(letter(new[1])) + 1],
        {},
    )
    with pytest.raises(BackendError, match="^tiny: 3 tokens and 999 to come, expected at most"):
        backend.complete(ASKED, 999, 0)


@pytest.mark.parametrize("template", [None, "{% for m in messages %}{{ m.content }}{% endfor %}:"])
def test_transformers_says_the_likeliest(checkpoint: Path, template: str | None) -> None:
    pytest.importorskip("transformers")
    named = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "!", "unk_token": "!"}
    given = named if template is None else {**named, "chat_template": template}
    (checkpoint / "tokenizer_config.json").write_text(json.dumps(given))
    backend = transformers_local(path=str(checkpoint))
    answer = backend.complete(ASKED, 4, 3)
    encode, asked = read_tokeniser(checkpoint).encode, "a b:" if template else "a b\n\n"
    prompt, new = (encode(each).tokens.tolist() for each in (asked, answer.text))
    assert_likeliest(checkpoint, prompt, new, answer.first)
    assert backend.complete(ASKED, 4, 0) == (answer.text, {})
    with pytest.raises(ArgumentError, match="^path=.*: expected a folder$"):
        transformers_local(path=str(checkpoint / "no"))
    with pytest.raises(ArgumentError, match="^path=.*: expected a causal language model; "):
        transformers_local(path=str(checkpoint.parent))


def test_without_transformers_it_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("torch", "transformers"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ArgumentError, match=r"^x: needs transformers; pip install 'superpos\[tra"):
        transformers_local(path="x")
