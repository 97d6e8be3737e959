"""The components that the papers add to those of superpos, by name."""

from experiments.gauge import digits, gram, transformed
from experiments.myopia import epoch_table
from superpos.components import Registry

COMPONENTS: Registry = {
    "asset": {"digits": digits.digits},
    "model": {"gram": gram.gram},
    "init": {"transformed": transformed.transformed},
    "evaluation": {"epoch_table": epoch_table.epoch_table},
}
"""Group of the config -> kind -> factory."""
