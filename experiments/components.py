"""The components that the papers add to those of superpos, by name."""

from experiments.gauge import digits, gram, transformed
from superpos.components import Registry

COMPONENTS: Registry = {
    "asset": {"digits": digits.digits},
    "model": {"gram": gram.gram},
    "init": {"transformed": transformed.transformed},
}
"""Group of the config -> kind -> factory."""
