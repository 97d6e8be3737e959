"""What a pointer that knows its concepts is worth, and what a noisy label tells, exactly."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy


def pointer_regret(n_valued: int, density: float, named_share: float, budget: float) -> float:
    """Regret of the best policy for the named values alone, over infinitely many items.

    Items differ by the numbers of named and of unnamed values that are true of them, which are
    binomial and independent; policies tilt their distribution, as in `policy.policy_of`.

    Args:
        n_valued: named values, and as many unnamed ones.
        density: probability of each.
        named_share: part of the variance of the value that named values have.
        budget: KL divergence from the distribution of items in nats, > 0.

    Returns:
        The part that is missing of the gain of the policy of the true value.
    """
    counts = np.arange(n_valued + 1)
    chance = scipy.stats.binom.pmf(counts, n_valued, density)
    items = np.outer(chance, chance)
    unit = (counts - n_valued * density) / np.sqrt(n_valued * density * (1 - density))
    named, unnamed = np.meshgrid(unit, unit, indexing="ij")
    value = np.sqrt(named_share) * named + np.sqrt(1 - named_share) * unnamed
    best, pointed = ((tilted(items, reward, budget) * value).sum() for reward in (value, named))
    return float(1 - pointed / best)


def expected_regret(config: Mapping[str, Any], named_share: float) -> float:
    """`pointer_regret` with the numbers of a stored config, at its largest budget."""
    n_valued, density = int(config["data.n_valued"]), float(config["data.density"])
    budget = float(config["evaluations.policy.budgets"][-1])
    return pointer_regret(n_valued, density, named_share, budget)


def tilted(chance: np.ndarray, reward: np.ndarray, budget: float) -> np.ndarray:
    """The distribution ∝ chance exp(t reward) whose KL divergence from chance is a budget.

    Args:
        chance: of each outcome, above 0.
        reward: of each, of the same shape, not constant.
        budget: in nats; where it is above -log of the chance of the largest reward, as much as
            there is.
    """

    def at(t: float) -> np.ndarray:
        return scipy.special.softmax(np.log(chance) + t * reward)

    def spent(t: float) -> float:
        return float(scipy.special.rel_entr(at(t), chance).sum()) - budget

    high = 1.0
    while spent(high) < 0 and high < 1e6:
        high *= 2
    return at(high if spent(high) < 0 else scipy.optimize.brentq(spent, 0.0, high))


def bits(label_noise: float) -> float:
    """What a label tells at most that is turned with a probability, 1 - H(label_noise) in bits."""
    entropy = scipy.special.entr([label_noise, 1 - label_noise]).sum()
    return float(1 - entropy / np.log(2))


def label_bits(n_valued: int, density: float, choice_scale: float) -> float:
    """What a label tells on average at most of what is valued, in bits.

    A label that prefers an item with probability p tells 1 - H(p); two items differ by the numbers
    of valued concepts that are true of them, which are binomial and independent.

    Args:
        n_valued: concepts that are valued, all alike.
        density: probability of each.
        choice_scale: of the value, whose variance is 1, as of `comparisons`.
    """
    counts = np.arange(n_valued + 1)
    chance = scipy.stats.binom.pmf(counts, n_valued, density)
    gaps = np.subtract.outer(counts, counts) / np.sqrt(n_valued * density * (1 - density))
    told = np.vectorize(bits)(scipy.special.expit(choice_scale * gaps))
    return float(chance @ told @ chance)
