"""A learned update rule: a small network that gives each step of a descent, trained through it.

Source: Andrychowicz et al. 2016, Learning to Learn by Gradient Descent by Gradient Descent (a
network shared over coordinates); the step d exp(s) is of Metz et al. 2019, Understanding and
Correcting Pathologies in the Training of Learned Optimizers.
"""

from typing import Literal

import chex
import flax.struct
import jax
import jax.numpy as jnp

from experiments.optimisation.evaluations import DIMS, held_out_problems_of, values
from experiments.optimisation.families import FAMILIES, Family, unknowns_of
from experiments.optimisation.paths import Doublings
from superpos.arguments import ArgumentError, Count, factory
from superpos.models.mlp import MlpParams, layers, mlp
from superpos.types import (
    Array,
    Batch,
    Evaluation,
    Key,
    Model,
    Output,
    Params,
    Source,
    State,
    vectors,
)

WithSlopes = Literal["quadratics", "multimodal"]
"""Families whose answers have a gradient."""
N_SIGNALS = 4
"""What the network is given of a coordinate."""
SCALE = 0.1
"""Of a step of a network whose outputs are (1, 0), over the length of what it is given."""
MOST = 3.0
"""Largest s of a step d exp(s), either way."""
LEAST_LENGTH = 1e-8
"""Of the gradient and the step before, together; a step is in proportion to it."""


@flax.struct.dataclass(kw_only=True)
class UpdateRuleParams:
    """Parameters of the rule.

    Attributes:
        rule: the network from the signals of a coordinate, N_SIGNALS, to d and s.
    """

    rule: MlpParams


@factory
def update_rule(
    *, n_features: Count, n_hidden: Count, family: WithSlopes = "quadratics", n_steps: Count = 16
) -> Model:
    """Steps e of x <- x - e, by a perceptron that is shared over coordinates.

    With the gradient g in the unit of `Family.slope`, the step before e', and their length r =
    sqrt(|g|² + |e'|²), the network is given g_i / r, e'_i / r, log10 r and 1 / (1 + t) at step t,
    and gives d_i and s_i; then e_i = SCALE r d_i exp(s_i).

    Args:
        n_features: numbers of a problem, as of `problems`.
        n_hidden: units of the hidden layer, >= 1.
        family: of these problems; cuts have no gradient.
        n_steps: that it is trained through, >= 1.

    Returns:
        A Model over UpdateRuleParams whose `Output.recon`, and code, is the answer (n,) after
        n_steps from 0. Its loss is the value of the problem, the mean over the batch and the steps
        from 1 to n_steps from starts of the family, float32 ().

    Raises:
        ArgumentError: a value is out of range, or n_features is that of no problem.
        AssertionError: a batch whose width is not n_features.
    """
    kind = FAMILIES[family]
    n = unknowns_of(kind, family, n_features)
    network = mlp(n_features=N_SIGNALS, n_hidden=n_hidden, n_outputs=2, bias=True, loss="squared")

    def init(key: Key) -> tuple[UpdateRuleParams, tuple[()]]:
        return UpdateRuleParams(rule=network.init(key)[0]), ()

    def apply(params: UpdateRuleParams, state: tuple[()], x: Array) -> Output:
        del state
        chex.assert_shape(x, (n_features,))
        answer = path_by_rule(kind, params, n_steps, x, jnp.zeros(n))[-1]
        return Output(code=answer, recon=answer)

    def loss(
        params: UpdateRuleParams, state: tuple[()], batch: Batch, key: Key
    ) -> tuple[Array, tuple[tuple[()], dict[str, Array]]]:
        chex.assert_shape(batch.inputs, (None, n_features))
        starts = kind.start(key, (len(batch.inputs), n))

        def of_problem(c: Array, start: Array) -> Array:
            path = path_by_rule(kind, params, n_steps, c, start)[1:]
            return jax.vmap(lambda x: kind.value(c, x))(path).mean()

        return jax.vmap(of_problem)(batch.inputs, starts).mean(), (state, {})

    dims = {
        "rule.weights.0": ("signal", "hidden"),
        "rule.weights.1": ("hidden", "output"),
        "rule.biases.0": ("hidden",),
        "rule.biases.1": ("output",),
    }
    return Model(init, apply, loss, takes=vectors(n_features, n), dims=dims)


def path_by_rule(
    family: Family, params: UpdateRuleParams, n_steps: int, c: Array, start: Array
) -> Array:
    """Answers after each step, (n_steps + 1, n)."""

    def step(carry: tuple[Array, Array], t: Array) -> tuple[tuple[Array, Array], Array]:
        x, before = carry
        g = family.slope(c, x)[0]
        r = jnp.sqrt(g @ g + before @ before + LEAST_LENGTH**2)
        shared = jnp.broadcast_to(jnp.stack([jnp.log10(r), 1 / (1 + t)])[:, None], (2, len(x)))
        signals = jnp.concatenate([jnp.stack([g, before]) / r, shared])
        _, (d, s) = layers(params.rule, signals, jax.nn.relu)
        e = SCALE * r * d * jnp.exp(jnp.clip(s, -MOST, MOST))
        return (x - e, e), x - e

    first = start, jnp.zeros_like(start)
    _, path = jax.lax.scan(step, first, jnp.arange(n_steps, dtype=jnp.float32))
    return jnp.concatenate([start[None], path])


@factory
def unrolled(
    *, model: Model, source: Source, family: WithSlopes = "quadratics", doublings: Doublings = 6
) -> Evaluation:
    """Answers of a learned update rule, after fewer and more steps than it was trained through.

    Args:
        model: an `update_rule`.
        source: of `problems`.
        family: of these problems.
        doublings: budgets are 0, 1, 2, 4, ..., 2^(doublings - 1) steps, in [1, 16].

    Returns:
        An Evaluation of `unrolled_values`, the values f after each budget,
        (n_problems, doublings + 1).

    Raises:
        ArgumentError: a value is out of range, the model is no update rule, or the source holds
            nothing out; one line.
    """
    kind, inputs, n = held_out_problems_of(family, source, model)
    n_steps = 2 ** (doublings - 1)
    given = jax.eval_shape(model.init, jax.random.key(0))[0]
    if not isinstance(given, UpdateRuleParams):
        raise ArgumentError("model: expected update_rule")

    def measure(params: Params, state: State, key: Key) -> dict[str, Array]:
        del state
        key_starts, key_solver = jax.random.split(key)
        starts = kind.start(key_starts, (len(inputs), n))

        def solver(c: Array, start: Array, key: Key) -> Array:
            del key
            return path_by_rule(kind, params, n_steps, c, start)

        return {"unrolled_values": values(kind, solver, inputs, starts, inputs, key_solver)}

    return Evaluation(measure, {"unrolled_values": DIMS}, common=False)
