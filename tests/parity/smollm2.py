"""`python -m tests.parity.smollm2 FOLDER`: what superpos makes of texts, beside transformers.

FOLDER is what `tests.superpos.models.transformer.exported` wrote. transformers reads the same GGUF
file, its weights and its tokeniser, by code of its own. Exit code 1 where anything differs.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import transformers

from tests.parity import language_models

MODEL = Path(__file__).resolve().parents[2] / "corpus" / "smollm2"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
ALLOWED = 1e-4
"""How far numbers may be apart, relative to the largest of their array."""


def main(folder: Path) -> int:
    """Compare each text.

    Returns:
        0, or 1 where something differs; without the model there is nothing to compare.
    """
    if not MODEL.is_dir():
        return 0
    different = list(compared(sorted(folder.glob("*.npz"))))
    print("\n".join(different) or "parity: SmolLM2, nothing differs")
    return 1 if different else 0


def compared(files: list[Path]) -> Iterator[str]:
    """One line for each array that differs; those that do not are printed."""
    if not files:
        yield "SmolLM2: no text"
    model = language_models.opened(MODEL, gguf_file=FILE)
    tokeniser = transformers.AutoTokenizer.from_pretrained(MODEL, gguf_file=FILE)
    for file in files:
        ours = dict(np.load(file))
        tokens = tokeniser(str(ours["text"]), add_special_tokens=False).input_ids
        if tokens != ours["tokens"].tolist():
            yield f"SmolLM2, text {file.stem}: other tokens"
            continue
        theirs = language_models.outputs(model, ours["tokens"])
        for name in ("residual", "mlp", "logits"):
            apart = np.abs(theirs[name] - ours[name]).max() / np.abs(theirs[name]).max()
            line = f"SmolLM2, text {file.stem}: {name} is {apart:.2g} of its largest apart"
            if apart <= ALLOWED:
                print(f"parity: {line}, {len(tokens)} tokens")
            else:
                yield f"{line}, {ALLOWED:g} is allowed"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
