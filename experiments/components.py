"""The components that the papers add to those of superpos, by name."""

from experiments.gauge import digits, gram, transformed
from experiments.values import ambiguous, comparisons, concepts, policy, reward
from superpos.components import Registry

COMPONENTS: Registry = {
    "asset": {"digits": digits.digits},
    "data": {"comparisons": comparisons.comparisons, "concepts": concepts.concepts},
    "model": {"gram": gram.gram, "reward": reward.reward},
    "evaluation": {
        "ambiguous_pointer": ambiguous.ambiguous_pointer,
        "policy": policy.policy,
    },
    "init": {"transformed": transformed.transformed},
}
"""Group of the config -> kind -> factory."""
