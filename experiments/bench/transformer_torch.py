"""The forward pass of a checkpoint in transformers.

    python transformer_torch.py FOLDER THREADS

FOLDER holds the checkpoint and tokens.npy, (batch_size, context). For each number on a line of
standard input it prints the seconds of a pass, the mean of so many; the first also leaves
logits.npy. It imports nothing of superpos, as PyTorch lives in an environment of its own.
"""

# pyright: reportMissingImports=false

import sys
import time
from pathlib import Path

import numpy as np
import torch
import transformers


def main(folder: Path, threads: int) -> None:
    """Answer until the input ends."""
    torch.set_num_threads(threads)
    model = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="sdpa", local_files_only=True
    )
    model.train(False)
    tokens = torch.tensor(np.load(folder / "tokens.npy"))
    with torch.inference_mode():
        logits = model(tokens, use_cache=False).logits
        np.save(folder / "logits.npy", logits.numpy())
        for line in sys.stdin:
            begun = time.perf_counter()
            for _ in range(int(line)):
                model(tokens, use_cache=False)
            print((time.perf_counter() - begun) / int(line), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
