"""The components that the papers add to those of superpos, by name."""

from experiments.gauge import digits, gram, transformed
from experiments.traps import branches, unit_autoencoder
from superpos.components import Registry

COMPONENTS: Registry = {
    "asset": {"digits": digits.digits},
    "data": {"branches": branches.branches},
    "model": {"gram": gram.gram, "unit_autoencoder": unit_autoencoder.unit_autoencoder},
    "init": {"transformed": transformed.transformed},
}
"""Group of the config -> kind -> factory."""
