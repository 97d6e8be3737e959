"""The components that the papers add to those of superpos, by name."""

from experiments.gauge import digits, gram, transformed
from experiments.myopia import epoch_table
from experiments.optimisation import amortised, evaluations, problems, search, update_rule
from experiments.traps import (
    branches,
    branching_agent,
    environment,
    forced_branches,
    unit_autoencoder,
)
from experiments.values import ambiguous, comparisons, concepts, policy, reward
from superpos.components import Registry

COMPONENTS: Registry = {
    "asset": {"digits": digits.digits},
    "data": {
        "branches": branches.branches,
        "comparisons": comparisons.comparisons,
        "concepts": concepts.concepts,
        "problems": problems.problems,
    },
    "environment": {"branching": environment.branching},
    "model": {
        "amortised": amortised.amortised,
        "branching_agent": branching_agent.branching_agent,
        "gram": gram.gram,
        "reward": reward.reward,
        "unit_autoencoder": unit_autoencoder.unit_autoencoder,
        "update_rule": update_rule.update_rule,
    },
    "init": {"transformed": transformed.transformed},
    "evaluation": {
        "ambiguous_pointer": ambiguous.ambiguous_pointer,
        "direct": evaluations.direct,
        "epoch_table": epoch_table.epoch_table,
        "forced_branches": forced_branches.forced_branches,
        "policy": policy.policy,
        "program_search": search.program_search,
        "refined": evaluations.refined,
        "unrolled": update_rule.unrolled,
    },
}
"""Group of the config -> kind -> factory."""
