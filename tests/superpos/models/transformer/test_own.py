"""The language model that was trained here, once, and what it knows of text that it never saw."""

import hashlib
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from superpos.assets import tokens
from superpos.models.ngrams import kneser_ney
from superpos.models.transformer import read, read_tokeniser, token_losses
from tests.superpos.data.text.test_text import EXCERPT
from tests.superpos.models.transformer.golden import OWN

LOADER: dict[str, Any] = {
    "novel": str(EXCERPT / "northanger_abbey.txt"),
    "tokeniser": str(OWN),
    "n_tokens": 1024,
}


def test_the_files_are_what_they_were() -> None:
    listed = (OWN / "README.md").read_text()
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        content = (OWN / name).read_bytes()
        assert f"{hashlib.sha256(content).hexdigest()}  {name}" in listed
        assert len(content) < 1_000_000


def test_it_knows_chapters_that_it_never_saw_better_than_trigrams_of_the_same_novel() -> None:
    """Chapters of the excerpt that are held out here were held out in its training, too."""
    model, params = read(OWN)
    train, held_out = (tokens(**LOADER, split=s).arrays["tokens"] for s in ("train", "held_out"))
    losses = jax.jit(jax.vmap(lambda x: token_losses(model.apply(params, x).logits, x)))
    windows = jnp.asarray(held_out[:, :64])
    own = np.asarray(losses(windows), float)
    trigrams = kneser_ney(train, n_tokens=1024, order=3)(held_out[:, :64])
    assert own.mean() < trigrams.mean() - 0.1
    assert own[:, :4].mean() > own[:, -20:].mean()  # and better, the more of the text it reads


def test_its_tokeniser_keeps_every_byte() -> None:
    made, text = read_tokeniser(OWN), "“Größe”, £5 and\nchapters"
    assert made.n_tokens == 1024
    assert made.decode(made.encode(text).tokens) == text
