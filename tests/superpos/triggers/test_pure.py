"""The rule needs no JAX, so that any training loop can call it."""

import subprocess
import sys

SOURCE = """
import sys
from superpos import triggers
state = triggers.begin(triggers.RSP_V1, anchor_compute=1.0)
assert triggers.audit(state, []).violations == []
print([name for name in ("jax", "numpy", "scipy", "hydra") if name in sys.modules])
"""


def test_the_rule_loads_no_jax() -> None:
    done = subprocess.run([sys.executable, "-c", SOURCE], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")
