"""Comparisons of two items, each with a label that says which one is preferred."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import flax.struct
import jax
import jax.numpy as jnp
import numpy as np

from experiments.values import world
from experiments.values.concepts import Rarity
from superpos.arguments import (
    ArgumentError,
    AtLeastOne,
    Count,
    CountOrZero,
    Fraction,
    Interval,
    MaybeAtLeastOne,
    NonNegative,
    factory,
    within,
)
from superpos.data.finite import DataSeed
from superpos.types import Array, Batch, Example, Key, Members, Params, Scalar, Source

LabelNoise = Annotated[Scalar, Interval("[0, 0.5]")]
"""Probability that a label is turned; at 0.5 labels tell nothing."""
AtLeastTwo = Annotated[int, Interval("[2, 2147483647]")]


@flax.struct.dataclass(kw_only=True)
class Comparisons:
    """A set of labels on pairs of items.

    Attributes:
        items: features of the items as inputs, (n_items, n_features), their values as targets,
            (n_items, 1), and their concepts as factors.
        pairs: numbers of the first and of the second item, int32 (most_labels, 2).
        labels: 1 where the first is preferred, else 0, (most_labels,).
        n_labels: labels in use, the first of them, ().
        n_used: concepts in use, the first of them, ().
        shifted: other items, in whose world correlates are drawn for themselves; n_shifted of them.
    """

    items: Batch
    pairs: Array
    labels: Array
    n_labels: Array
    n_used: Array
    shifted: Batch


@factory
def comparisons(
    *,
    n_features: Count,
    members: Members,
    member: NonNegative = 0,
    view: Literal["inputs", "code", "concepts"] = "concepts",
    n_items: AtLeastTwo = 1024,
    n_shifted: CountOrZero = 0,
    most_labels: Count = 4096,
    n_labels: AtLeastOne = 1024.0,
    label_noise: LabelNoise = 0.0,
    labeller: Literal["human", "pointer"] = "human",
    choice_scale: NonNegative = 2.0,
    n_used: MaybeAtLeastOne = None,
    density: Rarity = 0.2,
    noise_std: NonNegative = 0.1,
    n_valued: AtLeastOne = 1.0,
    named_share: Fraction = 1.0,
    correlation: Fraction = 0.0,
    world_seed: DataSeed = 0,
) -> Source:
    """Labels on pairs of items of the world of `concepts`, by the rule of Bradley and Terry.

    The first item is preferred with probability sigmoid(choice_scale * (V - V')), where V is what
    the labeller values an item at; then the label is turned with probability label_noise.

    Args:
        n_features: features of an item, >= 1.
        members: an asset of networks that were pretrained on `concepts` of this world.
        member: the number of the one that is used, from 0 on; a fraction is dropped, and what is
            above the last is the last.
        view: what is given of an item: the "inputs" themselves, the hidden "code" of the
            network, or its probabilities of the "concepts".
        n_items: items that are compared, >= 2.
        n_shifted: items in whose world correlates are drawn for themselves, >= 0.
        most_labels: labels that are drawn, >= 1.
        n_labels: labels in use, the first of them, in [1, most_labels]; a fraction is dropped.
        label_noise: in [0, 0.5].
        labeller: the "human" values both groups of values, the "pointer" the probabilities of
            named values that the network gives.
        choice_scale: how decided the labeller is, in [0, inf).
        n_used: as of `concepts`; None is all.
        density: likewise.
        noise_std: likewise.
        n_valued: likewise.
        named_share: part of the variance of V that named values have, in [0, 1].
        correlation: probability that a correlate of a named value is its copy, in [0, 1].
        world_seed: as of `concepts`.

    Returns:
        A Source whose state is a set of Comparisons, drawn from its key. Batches are drawn from the
        labels in use: inputs (batch, 2, n_features), targets 1 or 0, (batch, 1), float32; factors
        are (batch, 0).

    Raises:
        ArgumentError: a value is out of range, or the networks have other sizes; one line.
    """
    describe, (n_inputs, n_concepts) = _network(members, member)
    used = n_concepts if n_used is None else n_used
    within(used, "n_used", n_concepts, f"the n_concepts={n_concepts} of members")
    within(n_labels, "n_labels", most_labels, f"most_labels={most_labels}")
    world.check_sizes(used, n_valued)
    valued = {"density": density, "n_valued": n_valued}
    n = n_items + n_shifted

    def draw_items(key: Key) -> tuple[Batch, Array]:
        """Items, shifted ones last, with their values; and the values that a pointer sees, (n,)."""
        key_true, key_seen = jax.random.split(key)
        along = jnp.where(jnp.arange(n) < n_items, correlation, 0.0)
        law = {"n_used": used, "correlation": along, **valued}
        true = world.draw_concepts(key_true, n, n_concepts, **law)
        seen = world.observe(key_seen, true, n_inputs, noise_std=noise_std, world_seed=world_seed)
        value, described = world.values(true, named_share=named_share, **valued), describe(seen)
        pointed = world.values(described["concepts"], named_share=1.0, **valued)
        return Batch(inputs=described[view], targets=value[:, None], factors=true), pointed

    def init(key: Key) -> Comparisons:
        key_items, key_labels = jax.random.split(key)
        drawn, pointed = draw_items(key_items)
        items = jax.tree.map(lambda leaf: leaf[:n_items], drawn)
        shifted = jax.tree.map(lambda leaf: leaf[n_items:], drawn)
        first, apart, chance = jax.random.uniform(key_labels, (3, most_labels), jnp.float32)
        pairs = _pairs(first, apart, n_items)
        value = drawn.targets[:, 0] if labeller == "human" else pointed
        gap = choice_scale * (value[pairs[:, 0]] - value[pairs[:, 1]])
        share = label_noise + (1 - 2 * label_noise) * jax.nn.sigmoid(gap)
        labels = (chance < share).astype(jnp.float32)
        in_use = {"n_labels": jnp.floor(n_labels), "n_used": jnp.floor(used)}
        return Comparisons(items=items, pairs=pairs, labels=labels, shifted=shifted, **in_use)

    given = jax.eval_shape(lambda: describe(jnp.zeros((1, n_inputs)))[view]).shape[1]
    if given != n_features:
        raise ArgumentError(f"n_features={n_features}: expected the {given} {view} of members")
    gives = Example(*(jax.ShapeDtypeStruct(shape, np.float32) for shape in ((2, n_features), (1,))))
    return Source(init, _sample, gives=gives)


def _network(
    members: Members, member: Scalar
) -> tuple[Callable[[Array], dict[str, Array]], tuple[int, int]]:
    """What a network says of items (n, n_inputs), by view; its numbers of inputs and concepts.

    Raises:
        ArgumentError: it does not say what it takes; one line.
    """
    model, params, state = members.at(jnp.asarray(member).astype(jnp.int32))
    takes = model.takes
    if takes is None:
        raise ArgumentError("members: expected networks that say what they take")

    def describe(seen: Array) -> dict[str, Array]:
        output = jax.vmap(lambda x: model.apply(params, state, x))(seen)
        return {"inputs": seen, "code": output.code, "concepts": jax.nn.sigmoid(output.recon)}

    [n_inputs], [n_concepts] = takes.inputs.shape, takes.targets.shape
    return describe, (n_inputs, n_concepts)


def _sample(
    params: Params, state: Comparisons, key: Key, batch_size: int
) -> tuple[Batch, Comparisons]:
    """A batch of the labels in use, drawn with replacement."""
    del params
    uniform = jax.random.uniform(key, (batch_size,), jnp.float32)
    chosen = _whole(uniform, state.n_labels)
    batch = Batch(
        inputs=state.items.inputs[state.pairs[chosen]],
        targets=state.labels[chosen][:, None],
        factors=jnp.zeros((batch_size, 0)),
    )
    return batch, state


def _pairs(first: Array, apart: Array, n_items: int) -> Array:
    """Numbers of two different items, int32 (n, 2), from uniforms on [0, 1), each (n,)."""
    one = _whole(first, n_items)
    return jnp.stack([one, (one + 1 + _whole(apart, n_items - 1)) % n_items], axis=1)


def _whole(uniform: Array, n: Scalar) -> Array:
    """Whole numbers below n, int32, from uniforms on [0, 1); their product may round up to n."""
    return jnp.minimum(uniform * n, n - 1).astype(jnp.int32)


def comparisons_of(source: Source, key: Key) -> Comparisons:
    """A set of comparisons of its own, other than the one that a run is trained on.

    Raises:
        ArgumentError: the source is of other data; one line.
    """
    found: Any = source.init(key)
    if not isinstance(found, Comparisons):
        raise ArgumentError("source: expected comparisons")
    return found
