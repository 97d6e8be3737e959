"""A reward that is learned from comparisons, by the rule of Bradley and Terry.

Source: Bradley & Terry 1952, Rank Analysis of Incomplete Block Designs; as a loss of reward models,
Christiano et al. 2017, Deep Reinforcement Learning from Human Preferences, section 2.2.3.
"""

import chex
import flax.struct
import jax
import jax.numpy as jnp
import numpy as np

from superpos.arguments import AtLeastOne, Count, CountOrZero, NonNegative, factory, shown
from superpos.losses import l1, sigmoid_cross_entropy
from superpos.models import MlpParams, mlp
from superpos.required import require
from superpos.types import Array, Batch, Example, Key, Model, Output, Scalar


@flax.struct.dataclass(kw_only=True)
class RewardParams:
    """Parameters of the reward.

    Attributes:
        weights: of g, of each layer from the features on, (n_in, n_out).
        biases: of each hidden layer, (n_out,).
        log_scale: logarithm of what the pointer's reward is multiplied with, ().
    """

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    log_scale: Array


@factory
def reward(
    *,
    n_features: Count,
    n_layers: CountOrZero = 1,
    n_hidden: Count = 2,
    pointed: NonNegative = 0,
    first_pointed: NonNegative = 0,
    n_labels: AtLeastOne = 1024.0,
    l1_coefficient: NonNegative = 0.0,
    l2_coefficient: NonNegative = 1.0,
) -> Model:
    """r(f) = a Σ f_k + g(f) over the pointed k, with a > 0 and a perceptron g.

    Args:
        n_features: features f of an item, >= 1.
        n_layers: hidden layers of ReLU units of g, >= 0; without any g is linear and
            starts at 0.
        n_hidden: units of each, >= 1.
        pointed: features that the pointer names, in [0, n_features - first_pointed]; a fraction is
            rounded up. a starts at 1.
        first_pointed: the first of them, >= 0; likewise.
        n_labels: labels that there are, >= 1, for the weight of penalties.
        l1_coefficient: its product with the L1 norm of the weights of g, over sqrt(n_labels), is
            added to the loss, in [0, inf): as the threshold for coefficients that are noise falls.
        l2_coefficient: likewise half of the squared norm, over n_labels: as a normal prior.

    Returns:
        A Model over RewardParams that takes the features of two items, (2, n_features). Its
        `Output.code` are their rewards, (2,), and `Output.recon` is the first less the second,
        (1,): the log odds that the first is preferred. Its loss is the cross entropy in nats, the
        mean over the batch, and the penalties, float32 ().

    Raises:
        ArgumentError: a value is out of range.
        AssertionError: an example of another shape.
    """
    _check_pointed(pointed, first_pointed, n_features)
    learned = mlp(
        n_features=n_features,
        n_hidden=n_hidden,
        n_outputs=1,
        n_layers=n_layers,
        bias=n_layers > 0,
        output_bias=False,
    )

    def init(key: Key) -> tuple[RewardParams, tuple[()]]:
        params, _ = learned.init(key)
        if not n_layers:
            params = jax.tree.map(jnp.zeros_like, params)
        zero = jnp.zeros(())
        return RewardParams(weights=params.weights, biases=params.biases, log_scale=zero), ()

    def of_item(params: RewardParams, f: Array) -> Array:
        own = MlpParams(weights=params.weights, biases=params.biases)
        place = jnp.arange(n_features) - jnp.ceil(first_pointed)
        named = jnp.where((place >= 0) & (place < pointed), f, 0).sum()
        return jnp.exp(params.log_scale) * named + learned.apply(own, (), f).recon[0]

    def apply(params: RewardParams, state: tuple[()], x: Array) -> Output:
        del state
        chex.assert_shape(x, (2, n_features))
        rewards = jax.vmap(lambda f: of_item(params, f))(x)
        return Output(code=rewards, recon=rewards[:1] - rewards[1:])

    def loss(
        params: RewardParams, state: tuple[()], batch: Batch, key: Key
    ) -> tuple[Array, tuple[tuple[()], dict[str, Array]]]:
        del key
        logits = jax.vmap(lambda x: apply(params, state, x).recon)(batch.inputs)
        found = sigmoid_cross_entropy(logits.T, batch.targets.T)
        found += l1_coefficient / jnp.sqrt(n_labels) * sum(map(l1, params.weights))
        found += (
            l2_coefficient / n_labels * sum(jnp.square(each).sum() for each in params.weights) / 2
        )
        return found, (state, {})

    takes = Example(*(jax.ShapeDtypeStruct(shape, np.float32) for shape in ((2, n_features), (1,))))
    return Model(init, apply, loss, takes=takes, dims={**learned.dims, "log_scale": ()})


def _check_pointed(pointed: Scalar, first: Scalar, n_features: int) -> None:
    """Refuse a pointer at features that are not there.

    Raises:
        ArgumentError: one line.
    """
    require(
        lambda pointed, first: (pointed == 0) | (jnp.ceil(first) + jnp.ceil(pointed) <= n_features),
        [pointed, first],
        lambda: (
            f"pointed={shown(pointed)}: expected at most the n_features={n_features} from"
            f" first_pointed={shown(first)} on"
        ),
    )
