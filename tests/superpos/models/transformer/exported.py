"""`python -m tests.superpos.models.transformer.exported FOLDER`: SmolLM2 here, for `make parity`.

What superpos makes of a few texts with the weights that `make corpus` fetched: FOLDER/<number>.npz
with `text`, `tokens`, `residual`, `mlp` and `logits`; a line with nats per token of each corpus.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from experiments.corpus import folder_of
from superpos.arguments import ArgumentError
from superpos.data.text import Document, austen, brown
from superpos.models.transformer import Tokeniser, read, read_tokeniser, token_losses

FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
TEXTS = (
    "It is a truth universally acknowledged, that a single man in possession of a good fortune,"
    " must be in want of a wife.",
    "In 1984, 345 naïve readers paid £7.50 each — didn't they?\n\n\tdef f(x):\n\t\treturn x**2\n",
    "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n",
    " ".join(f"{number}" for number in range(150)),
)
N, N_DOCUMENTS = 512, 16
"""Tokens of a document that are read, and documents of a corpus."""


def main(folder: Path) -> int:
    """Write what the model makes of each text.

    Returns:
        0; where the model was not fetched, a line says so.
    """
    try:
        path = folder_of("smollm2") / FILE
    except ArgumentError as error:
        print(f"parity: {error}")
        return 0
    model, params = read(path)
    tokeniser = read_tokeniser(path)
    apply = jax.jit(model.apply)
    folder.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(TEXTS):
        tokens = tokeniser.encode(text).tokens
        found = apply(params, jnp.asarray(tokens))
        arrays = {name: np.asarray(value) for name, value in vars(found).items()}
        np.savez(folder / f"{number}.npz", allow_pickle=False, text=text, tokens=tokens, **arrays)
    losses = jax.jit(lambda params, tokens: token_losses(apply(params, tokens).logits, tokens))
    for corpus in (austen, brown):
        try:
            documents = corpus(folder_of(corpus.__name__))
        except ArgumentError as error:
            print(f"parity: {error}")
            continue
        rows = beginnings(documents, tokeniser)
        means = [float(losses(params, jnp.asarray(row)).mean()) for row in rows]
        error = np.std(means, ddof=1) / len(means) ** 0.5
        print(
            f"parity: SmolLM2 has {np.mean(means):.2f} ± {error:.2f} nats per token on the first"
            f" {N} tokens of {len(rows)} documents of {corpus.__name__}"
        )
    return 0


def beginnings(documents: Sequence[Document], tokeniser: Tokeniser) -> list[np.ndarray]:
    """The first tokens of some documents that are long enough, each (N,)."""
    order = np.random.default_rng(0).permutation(len(documents))
    rows = []
    for number in order:
        tokens = tokeniser.encode(documents[number].text).tokens
        if len(tokens) >= N and len(rows) < N_DOCUMENTS:
            rows.append(tokens[:N])
    return rows


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
