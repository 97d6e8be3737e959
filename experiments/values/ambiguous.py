"""A pointer that does not say which names it means: labels decide between all sets of names."""

import itertools
import math

import jax
import jax.numpy as jnp

from experiments.values.comparisons import Comparisons, comparisons_of
from experiments.values.policy import Budgets, check_budgets, regrets, shapes_of
from superpos.arguments import ArgumentError, Count, Positive, factory
from superpos.types import Array, Evaluation, Key, Params, Scalar, Source, State

SETS_AT_ONCE = 256
MOST_SETS = 1_000_000


def posterior_of_sets(drawn: Comparisons, sets: Array, *, unit: Scalar) -> Array:
    """Posterior probability that each set of concepts is meant, from the same prior for all.

    Args:
        drawn: comparisons with probabilities of concepts as features.
        sets: of the same number of concepts each, ascending, int32 (n_sets, n_names); those of
            concepts that are not in use are not meant.
        unit: what a concept adds to the log odds that an item is preferred.

    Returns:
        (n_sets,), which sum to 1.
    """
    first, second = (drawn.items.inputs[drawn.pairs[:, side]] for side in (0, 1))
    gaps = unit * (first - second).T * (2 * drawn.labels - 1)[None]  # (n_features, most_labels)
    known = jnp.arange(drawn.labels.size) < drawn.n_labels

    def log_likelihood(names: Array) -> Array:
        odds = jnp.take(gaps, names, axis=0).sum(0)
        return jnp.where(known, jax.nn.log_sigmoid(odds), 0).sum()

    evidence = jax.lax.map(log_likelihood, sets, batch_size=SETS_AT_ONCE)
    return jax.nn.softmax(jnp.where(sets[:, -1] < drawn.n_used, evidence, -jnp.inf))


@factory
def ambiguous_pointer(
    *,
    source: Source,
    n_names: Count = 2,
    unit: Positive = 3.5,
    budgets: Budgets = (1.0, 2.0),
) -> Evaluation:
    """The policy of a pointer that means one of all sets of n_names concepts, given labels.

    It has no parameters: it is the mean reward under the posterior over the sets, each of which
    predicts labels by the rule of Bradley and Terry.

    Args:
        source: `comparisons` with view=concepts.
        n_names: concepts in a set, >= 1; there are no more than 1,000,000 sets.
        unit: what a concept adds to the log odds that an item is preferred, > 0.
        budgets: as of `policy.policy`.

    Returns:
        An Evaluation of `set_regret`, (n_budgets,), as of `policy.regrets`; and of `set_bits`, the
        entropy of the posterior in bits, ().

    Raises:
        ArgumentError: a value is out of range, or the source is another; one line.
    """
    shapes = shapes_of(source)
    check_budgets(shapes, budgets)
    n_features, n_concepts = (each.shape[1] for each in (shapes.items.inputs, shapes.items.factors))
    if n_features != n_concepts:
        raise ArgumentError(f"source: expected the {n_concepts} concepts of an item as features")
    if not 0 < math.comb(n_concepts, n_names) <= MOST_SETS:
        raise ArgumentError(
            f"n_names={n_names}: expected 1 to {MOST_SETS:,} sets of {n_concepts} concepts, not"
            f" {math.comb(n_concepts, n_names):,}"
        )
    limits = jnp.asarray(budgets, jnp.float32)

    def measure(params: Params, state: State, key: Key) -> dict[str, Array]:
        del params, state
        both = jax.vmap(lambda each: comparisons_of(source, each))(jax.random.split(key))
        drawn, other = (jax.tree.map(lambda leaf, at=at: leaf[at], both) for at in (0, 1))
        items = other.items  # that no label is of
        sets = jnp.asarray([*itertools.combinations(range(n_concepts), n_names)], jnp.int32)
        found = posterior_of_sets(drawn, sets, unit=unit)
        weights = jnp.zeros(n_concepts).at[sets.ravel()].add(jnp.repeat(found, n_names))
        rewards = jnp.matmul(items.inputs, weights, precision=jax.lax.Precision.HIGHEST)
        return {
            "set_regret": regrets(rewards, items.targets[:, 0], limits)[0],
            "set_bits": jax.scipy.special.entr(found).sum() / math.log(2),
        }

    return Evaluation(measure, {"set_regret": ("budget",)}, common=False)
