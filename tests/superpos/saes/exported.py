"""`python -m tests.superpos.saes.exported FOLDER`: SAEs that superpos writes, for `make parity`.

One of each architecture at the weights of the golden arrays, as SAELens is to open it, with what
superpos makes of a batch beside it: expected.npz with x, code and recon.
"""

import shutil
import sys
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from superpos import saes
from superpos.types import Model

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "saes"
D_IN, D_CODE, K = 8, 16, 3
THRESHOLD = 0.3
PURSUIT = {"max_iterations": K, "residual_threshold": 0.0, "stop_on_duplicate_support": False}
ARCHITECTURES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "relu": ("saelens-relu", {}, {}),
    "gated": ("saelens-gated", {}, {}),
    "topk": ("saelens-topk", {"k": K}, {"k": K}),
    "abs_topk": ("saelens-abs_topk", {"k": K}, {"k": K}),
    "batch_topk": ("saelens-batch_topk", {"k": K}, {}),
    "matryoshka": ("saelens-matryoshka", {"k": K, "prefixes": [4, 8]}, {}),
    "jumprelu": ("saelens-jumprelu_step", {}, {}),
    "matching_pursuit": ("saelens-matching_pursuit", {"k": K, "max_iterations": K}, PURSUIT),
}
"""Architecture -> whose weights it has, arguments of its factory, and of `saes.write`."""


def export(folder: Path) -> None:
    """Write all, each into a folder of its own."""
    x = np.load(GOLDEN / "stream.npz")["xs"][0]
    for architecture, (case, own, theirs) in ARCHITECTURES.items():
        build = getattr(saes, architecture)
        model: Model = build(d_in=D_IN, d_code=D_CODE, **own)
        start, state = model.init(jax.random.key(0))
        frozen = np.load(GOLDEN / f"{case}.npz")
        params = start.replace(
            **{name: jnp.asarray(frozen[f"params/{name}"]) for name in vars(start)}
        )
        if "threshold" not in vars(start) and not isinstance(state.threshold, tuple):
            state = state.replace(threshold=jnp.float32(THRESHOLD))
        place = folder / architecture
        saes.write(place, params, state, architecture=architecture, **theirs)
        output = jax.vmap(model.apply, (None, None, 0))(params, state, x)
        np.savez(place / "expected.npz", x=x, code=output.code, recon=output.recon)


if __name__ == "__main__":
    _folder = Path(sys.argv[1])
    shutil.rmtree(_folder, ignore_errors=True)
    export(_folder)
