"""The components that the papers add to those of superpos, by name."""

from experiments.gauge import digits, gram, transformed
from experiments.traps import (
    branches,
    branching_agent,
    environment,
    forced_branches,
    unit_autoencoder,
)
from superpos.components import Registry

COMPONENTS: Registry = {
    "asset": {"digits": digits.digits},
    "data": {"branches": branches.branches},
    "environment": {"branching": environment.branching},
    "model": {
        "branching_agent": branching_agent.branching_agent,
        "gram": gram.gram,
        "unit_autoencoder": unit_autoencoder.unit_autoencoder,
    },
    "evaluation": {"forced_branches": forced_branches.forced_branches},
    "init": {"transformed": transformed.transformed},
}
"""Group of the config -> kind -> factory."""
