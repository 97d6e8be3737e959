"""SAEs on disk: those that SAELens writes, frozen, and those that superpos writes, opened here.

A folder of one SAE holds `cfg.json` and `sae_weights.safetensors`, as SAELens has it, and what
superpos exports has `expected.npz` beside them: `x` (n, d_in), `code`, `recon`.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from sae_lens import SAE

from tests.parity import saelens
from tests.parity.cases import CASES
from tests.parity.inputs import Arrays

WRITTEN = (
    "relu", "gated", "topk", "topk_no_rescale", "abs_topk", "batch_topk", "matryoshka",
    "jumprelu_step", "matching_pursuit",
)  # fmt: skip
"""Cases whose trained SAE is written by SAELens."""
EXPECTED = "expected.npz"
ALLOWED = 1e-5


def write(folder: Path, start: Arrays, xs: np.ndarray) -> None:
    """Train each, let SAELens write it for inference, and what it does to the first batch."""
    for name in WRITTEN:
        sae = saelens.trained_sae(CASES[f"saelens-{name}"], start, xs).sae
        sae.save_inference_model(folder / name)
        np.savez_compressed(folder / name / EXPECTED, x=xs[0], **outputs(folder / name, xs[0]))


def outputs(folder: Path, x: np.ndarray) -> Arrays:
    """What the SAE of a folder does to a batch, opened by SAELens."""
    sae = SAE.load_from_disk(folder)
    with torch.no_grad():
        code = sae.encode(torch.tensor(x))
        return {"code": saelens.array(code), "recon": saelens.array(sae.decode(code))}


def opened(folder: Path) -> Iterator[str]:
    """One line for each array that SAELens computes otherwise than it stands beside the SAE."""
    found = sorted(path.parent for path in folder.rglob(EXPECTED))
    if not found:
        yield f"{folder}: no SAE"
    for each in found:
        expected = dict(np.load(each / EXPECTED))
        for name, value in outputs(each, expected["x"]).items():
            apart = float(np.abs(value - expected[name]).max(initial=0))
            if not apart <= ALLOWED:
                yield f"{each.name}: {name} is {apart:.3g} apart in SAELens"
