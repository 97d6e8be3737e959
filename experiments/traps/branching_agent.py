"""An agent that sees features through a bottleneck, and acts on them by a network of tanh units.

Source: Shi et al. 2026, Self-Confirming Superposition Traps in Reinforcement Learning (arXiv
2609.32966), the agent of their experiments with PPO.
"""

from collections.abc import Mapping
from typing import Annotated

import chex
import flax.struct
import jax
import jax.numpy as jnp
from jax.nn.initializers import orthogonal

from experiments.traps.branches import N_FEATURES
from experiments.traps.environment import N_BRANCHES
from experiments.traps.policy import D_ACTION, choose_then_tell
from superpos import random
from superpos.arguments import (
    ArgumentError,
    AtLeastOne,
    Count,
    Interval,
    NonNegative,
    Positive,
    factory,
    within,
)
from superpos.data.finite import DataSeed
from superpos.environments.transitions import n_columns, unpacked
from superpos.models.policy_loss import policy_loss
from superpos.models.surrogates import Surrogate, policy_gradient
from superpos.types import Array, Batch, Example, Key, Model, Output, Scalar

N_STEPS = 2
FIRST_LOG_STD = -0.5
Preference = Annotated[Scalar, Interval("(0, 1)")]
Floor = Annotated[Scalar, Interval("[0, 0.5)")]


@flax.struct.dataclass(kw_only=True)
class BranchingParams:
    """Parameters of the agent, with H units in each layer.

    Attributes:
        W_in: of the encoder, (n_features, H); the rows of the branch are not read.
        b_in: (H,).
        trunk: matrices (H + 2, H) and (H, H).
        trunk_biases: (H,) each.
        root: to the logits of S and E, over root_rate, (H, 2).
        root_bias: likewise, (2,).
        mean: to the means of three numbers, (H, 3).
        mean_bias: (3,).
        log_std: logarithms of their standard deviations, (3,).
        value: (H,).
        value_bias: ().
    """

    W_in: Array
    b_in: Array
    trunk: tuple[Array, Array]
    trunk_biases: tuple[Array, Array]
    root: Array
    root_bias: Array
    mean: Array
    mean_bias: Array
    log_std: Array
    value: Array
    value_bias: Array


DIMS: Mapping[str, tuple[str, ...]] = {
    "W_in": ("feature", "hidden"),
    "b_in": ("hidden",),
    "trunk.0": ("hidden_and_branch", "trunk_0"),
    "trunk.1": ("trunk_0", "trunk_1"),
    "trunk_biases.0": ("trunk_0",),
    "trunk_biases.1": ("trunk_1",),
    "root": ("trunk_1", "branch"),
    "root_bias": ("branch",),
    "mean": ("trunk_1", "number"),
    "mean_bias": ("number",),
    "log_std": ("number",),
    "value": ("trunk_1",),
    "value_bias": (),
}


@factory
def branching_agent(
    *,
    n_features: Count,
    n_hidden: Count = 64,
    rank: AtLeastOne = 2.0,
    basis_seed: DataSeed = 0,
    preference: Preference = 0.5,
    floor: Floor = 0.05,
    root_rate: Positive = 1.0,
    surrogate: Surrogate | None = None,
    value_coefficient: NonNegative = 0.5,
    entropy_bonus: NonNegative = 0.0,
) -> Model:
    """An agent for the environment `branching`.

    What is shown of features passes tanh units, and of these a fixed projection to `rank` random
    dimensions; the branch goes around it. Two hidden layers follow, and from the second the
    logits of S and E, the means of three normal numbers, and the value. At the first step E has the
    probability floor + (1 - 2 floor) softmax_E. Matrices start orthogonal, biases at 0.

    Args:
        n_features: numbers of an observation, >= 3: features first, the branch last.
        n_hidden: units in each layer, >= n_features.
        rank: dimensions of the projection, in [1, n_hidden]; a fraction is dropped.
        basis_seed: which projection, a whole number in [0, 16777216]; a fraction is dropped.
        preference: of E at the start, its softmax probability, in (0, 1).
        floor: least probability of each branch, in [0, 0.5).
        root_rate: multiplies the learning rate of what the logits are made by, in (0, inf), if the
            optimiser is Adam: parameters are divided by it, and logits multiplied.
        surrogate: of `models.surrogates`; None is `policy_gradient`.
        value_coefficient: of `policy_loss`, in [0, inf).
        entropy_bonus: likewise. Of the numbers, the entropy is counted up to a constant.

    Returns:
        A Model over BranchingParams with a `policy`. Its `Output.code` is what is left of the units
        in the basis of the projection, (n_hidden,), 0 beyond rank; its loss is `policy_loss`.

    Raises:
        ArgumentError: a value is out of range.
        AssertionError: a batch whose shapes are others.
    """
    if not N_BRANCHES + 1 <= n_features <= n_hidden:
        raise ArgumentError(f"n_features={n_features}: expected 3 to n_hidden={n_hidden}")
    within(rank, "rank", n_hidden, f"n_hidden={n_hidden}")
    surrogate = policy_gradient() if surrogate is None else surrogate
    policy = choose_then_tell(floor)
    basis = _basis(basis_seed, n_hidden, rank)
    projector = jnp.matmul(basis, basis.T, precision=jax.lax.Precision.HIGHEST)

    def start(key: Key) -> tuple[BranchingParams, tuple[()]]:
        odds = jnp.log(preference) - jnp.log1p(-jnp.float32(preference))
        params = _orthogonal(key, n_features, n_hidden)
        return params.replace(  # pyright: ignore[reportAttributeAccessIssue]
            root=params.root / root_rate,
            root_bias=jnp.array([0.0, 1.0]) * odds / root_rate,
        ), ()

    def apply(params: BranchingParams, state: tuple[()], x: Array) -> Output:
        del state
        chex.assert_axis_dimension(x, -1, n_features)
        each = jnp.vectorize(
            lambda x: _outputs(params, basis, projector, root_rate, x), signature="(n)->(h),(o)"
        )
        code, outputs = each(x)
        return Output(code=code, recon=outputs)

    def loss(
        params: BranchingParams, state: tuple[()], batch: Batch, key: Key
    ) -> tuple[Array, tuple[tuple[()], dict[str, Array]]]:
        del key
        chex.assert_shape(batch.inputs, (None, N_STEPS, n_features))
        total, measured = policy_loss(
            policy,
            apply(params, state, batch.inputs).recon,
            unpacked(batch.targets, D_ACTION),
            surrogate=surrogate,
            value_coefficient=value_coefficient,
            entropy_bonus=entropy_bonus,
        )
        return total, (state, measured)

    inputs, targets = (
        jax.ShapeDtypeStruct((N_STEPS, width), jnp.float32)
        for width in (n_features, n_columns(D_ACTION))
    )
    return Model(start, apply, loss, takes=Example(inputs, targets), dims=DIMS, policy=policy)


def _outputs(
    params: BranchingParams, basis: Array, projector: Array, root_rate: Scalar, x: Array
) -> tuple[Array, Array]:
    """The code (n_hidden,), and the outputs (10,), for one observation."""
    shown, branch = x[:-N_BRANCHES], x[-N_BRANCHES:]
    units = jnp.tanh(shown @ params.W_in[:-N_BRANCHES] + params.b_in)
    h = jnp.concatenate([projector @ units, branch])
    for matrix, bias in zip(params.trunk, params.trunk_biases, strict=True):
        h = jnp.tanh(h @ matrix + bias)
    outputs = (
        root_rate * (h @ params.root + params.root_bias),
        h @ params.mean + params.mean_bias,
        params.log_std,
        (h @ params.value + params.value_bias)[None],
        1 - branch.sum(keepdims=True),
    )
    return basis.T @ units, jnp.concatenate(outputs)


def _orthogonal(key: Key, n_features: int, n_hidden: int) -> BranchingParams:
    """Orthogonal matrices, and biases that are 0."""
    shapes = (
        (n_features, n_hidden),
        (n_hidden + N_BRANCHES, n_hidden),
        (n_hidden, n_hidden),
        (n_hidden, N_BRANCHES),
        (n_hidden, N_FEATURES),
        (n_hidden, 1),
    )
    keys = jax.random.split(key, len(shapes))
    W_in, *trunk, root, mean, value = (
        orthogonal()(key, shape, jnp.float32) for key, shape in zip(keys, shapes, strict=True)
    )
    zeros = jnp.zeros(n_hidden)
    return BranchingParams(
        W_in=W_in,
        b_in=zeros,
        trunk=(trunk[0], trunk[1]),
        trunk_biases=(zeros, zeros),
        root=root,
        root_bias=jnp.zeros(N_BRANCHES),
        mean=mean,
        mean_bias=jnp.zeros(N_FEATURES),
        log_std=jnp.full(N_FEATURES, FIRST_LOG_STD),
        value=value[:, 0],
        value_bias=jnp.zeros(()),
    )


def _basis(seed: Scalar, n_hidden: int, rank: Scalar) -> Array:
    """Random orthonormal columns, 0 beyond the rank, (n_hidden, n_hidden)."""
    key = jax.random.fold_in(random.key(0), jnp.asarray(seed).astype(jnp.uint32))
    basis = orthogonal()(key, (n_hidden, n_hidden), jnp.float32)
    return jnp.where(jnp.arange(n_hidden) < jnp.asarray(rank).astype(jnp.int32), basis, 0.0)
