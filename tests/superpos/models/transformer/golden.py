"""Golden checkpoints: where they are, a copy with another config, and what is expected of them."""

import json
import shutil
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from superpos.models.transformer import read

GOLDEN = Path(__file__).resolve().parents[3] / "golden" / "language_models"
NAMES = sorted(path.parent.name for path in GOLDEN.glob("*/expected.npz"))
"""Of those that transformers wrote."""
OWN = GOLDEN / "own"
"""The one that was trained here."""
ALLOWED = 1e-5
"""How far each number may be from that of transformers, relative to the largest of its array."""


def compare(folder: Path, golden: str) -> None:
    """Each array of a checkpoint beside that which is frozen of another."""
    model, params = read(folder)
    expected = dict(np.load(GOLDEN / golden / "expected.npz"))
    found = jax.jit(model.apply)(params, jnp.asarray(expected["tokens"]))
    for name in ("residual", "mlp", "logits"):
        each = np.asarray(getattr(found, name))
        assert each.shape == expected[name].shape
        apart = np.abs(each - expected[name]).max() / np.abs(expected[name]).max()
        assert apart < ALLOWED, (name, apart)


def copied(name: str, to: Path, changes: dict[str, Any]) -> Path:
    """A golden checkpoint with another config; a key that becomes ... is taken out."""
    folder = to / name
    shutil.copytree(GOLDEN / name, folder)
    config = {**json.loads((folder / "config.json").read_text()), **changes}
    kept = {key: value for key, value in config.items() if value is not ...}
    (folder / "config.json").write_text(json.dumps(kept))
    return folder
