"""Networks that answer a problem without searching: amortised optimisation.

Source: Millidge 2022, Deconfusing Direct vs Amortised Optimization.
"""

from typing import Literal

import jax
import jax.numpy as jnp

from experiments.optimisation.families import FAMILIES, FamilyName, unknowns_of
from superpos.arguments import Count, CountOrZero, Fraction, MaybeAtLeastOne, factory
from superpos.losses import weighted_squared_error
from superpos.models.inits import Init
from superpos.models.mlp import MlpParams, mlp
from superpos.types import Array, Batch, Key, Model, Output


@factory
def amortised(
    *,
    n_features: Count,
    n_hidden: Count,
    family: FamilyName = "quadratics",
    criterion: Literal["solution", "objective"] = "objective",
    n_layers: CountOrZero = 1,
    width: MaybeAtLeastOne = None,
    shuffled: Fraction = 0.0,
    init: Init | None = None,
) -> Model:
    """A perceptron from the numbers of a problem to an answer.

    Args:
        n_features: numbers of a problem, as of `problems`.
        n_hidden: units in a hidden layer, >= 1.
        family: of `experiments.optimisation.families`.
        criterion: what it learns: the best answer, by the squared error ("solution"), or any answer
            of a small value of the problem itself, without being told the best ("objective").
        n_layers: hidden layers, >= 0.
        width: units in use, as of `models.mlp`; None is all.
        shuffled: share of the examples whose best answer, or objective, is that of another problem,
            in [0, 1].
        init: initial parameters, of `models.inits`; None is `he`.

    Returns:
        A Model over MlpParams with biases, whose `Output.recon` is the answer (n,), each number of
        an answer of cuts between -1 and 1.

    Raises:
        ArgumentError: a value is out of range, or n_features is that of no problem.
        AssertionError: a batch whose width is not n_features.
    """
    kind = FAMILIES[family]
    n = unknowns_of(kind, family, n_features)
    network = mlp(
        n_features=n_features,
        n_hidden=n_hidden,
        n_outputs=n,
        width=width,
        n_layers=n_layers,
        bias=True,
        loss="squared",
        init=init,
    )
    squash = jnp.tanh if family == "max_cut" else lambda x: x

    def apply(params: MlpParams, state: tuple[()], x: Array) -> Output:
        output = network.apply(params, state, x)
        return Output(code=output.code, recon=squash(output.recon))

    @jax.jit
    def loss(
        params: MlpParams, state: tuple[()], batch: Batch, key: Key
    ) -> tuple[Array, tuple[tuple[()], dict[str, Array]]]:
        answers = jax.vmap(lambda x: apply(params, state, x).recon)(batch.inputs)
        wrong = jax.random.uniform(key, (len(answers), 1)) < shuffled

        def of_problem(rows: Array) -> Array:
            return jnp.where(wrong, jnp.roll(rows, 1, axis=0), rows)

        if criterion == "objective":
            return jax.vmap(kind.value)(of_problem(batch.inputs), answers).mean(), (state, {})
        targets = of_problem(batch.targets)
        return weighted_squared_error(answers.T, targets.T, jnp.ones(n)), (state, {})

    return network._replace(apply=apply, loss=loss)
