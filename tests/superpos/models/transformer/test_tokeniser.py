"""A tokeniser that is learned here."""

from pathlib import Path

import pytest

from superpos.arguments import ArgumentError
from superpos.models.transformer import read_tokeniser, train_tokeniser

TEXT = "the cat and the hat, the Größe £5\n"


def test_the_most_frequent_pair_becomes_a_token() -> None:
    """ab comes 3 times; a space is part of the word after it, so that no other pair does."""
    made = train_tokeniser(["ab ab ab cd cd"], n_tokens=257)
    assert made.n_tokens == 257
    tokens = [made.decode([token]) for token in made.encode("ab cd xab").tokens]
    assert tokens == ["ab", " ", "c", "d", " ", "x", "ab"]


def test_what_is_encoded_is_decoded_and_read_again(tmp_path: Path) -> None:
    made = train_tokeniser([TEXT], n_tokens=265)
    (tmp_path / "tokenizer.json").write_text(made.to_json())
    again = read_tokeniser(tmp_path)
    assert again.n_tokens == made.n_tokens == 265
    assert again.encode(TEXT).tokens.tolist() == made.encode(TEXT).tokens.tolist()
    assert again.decode(made.encode(TEXT).tokens) == TEXT
    assert len(made.encode(TEXT).tokens) < len(TEXT.encode())


def test_the_order_of_texts_does_not_matter() -> None:
    texts = [TEXT, "another text of other words", "and the third"]
    one, other = (train_tokeniser(each, n_tokens=270).to_json() for each in (texts, texts[::-1]))
    assert one == other


def test_fewer_tokens_than_bytes_are_one_line() -> None:
    with pytest.raises(ArgumentError, match="^n_tokens=255: expected at least the 256 bytes$"):
        train_tokeniser([TEXT], n_tokens=255)
