"""The arms of an experiment on what a trained transformer has and a randomised one has not.

An arm is named by what is done to the model, one after the other: "trained", "gaussian",
"shuffle_entries + embeddings_kept", "gaussian + quantised", "trained + matched_gaussian".

Sources: Bricken et al. 2023, Towards Monosemanticity, footnote 28 (shuffle_entries); Heap et al.
2025 (arXiv 2501.17727), section 3 (gaussian, with and without the embeddings, reinitialise, and
noise_embeddings, their control).
"""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp

from superpos import metrics
from superpos.arguments import ArgumentError, did_you_mean, shown
from superpos.models.transformer.architecture import TransformerParams
from superpos.models.transformer.quantise import quantise
from superpos.models.transformer.randomise import (
    SCHEMES,
    matched_gaussian,
    randomise,
    reinitialise,
)
from superpos.models.transformer.transformer import Transformer, select
from superpos.types import Array, Key

Site = Literal["residual", "mlp"]
"""The residual stream before a block, or the hidden layer of its MLP."""
TRAINED, REINITIALISE = "trained", "reinitialise"
WEIGHTS = (TRAINED, *SCHEMES, REINITIALISE)
"""What an arm begins with."""
KEPT, QUANTISED, NOISE, ALONE, LESS, MATCHED = (
    "embeddings_kept",
    "quantised",
    "noise_embeddings",
    "token_alone",
    "less_token_means",
    "matched_gaussian",
)
CHANGES = {
    KEPT: "the embeddings stay as they were trained",
    QUANTISED: "weights are rounded to 4 bits",
    NOISE: "each occurrence of a token has a normal vector in place of its embedding",
    ALONE: "the layer sees the embedding of the token alone",
    LESS: "activations less their means by token",
    MATCHED: "normal vectors of the same mean and covariance in place of the activations",
}
"""What may follow."""
INITIAL_DEVIATION = 0.02
"""Of matrices that are initialised anew, as GPT-2's, GPT-NeoX's and Llama's are."""


class Arm(NamedTuple):
    """What is done to a trained transformer, and to its activations.

    Attributes:
        weights: one of WEIGHTS.
        changes: of CHANGES, each once, in the order of these.
    """

    weights: str
    changes: tuple[str, ...]

    @property
    def name(self) -> str:
        """As `arm` reads it, one for each arm."""
        return " + ".join((self.weights, *self.changes))

    @property
    def of_params(self) -> "Arm":
        """The part of it that `params` looks at, the same for many arms."""
        return Arm(self.weights, tuple(each for each in self.changes if each in (KEPT, QUANTISED)))

    @property
    def of_text(self) -> "Arm":
        """The part of it that `text_activations` looks at, the same for many arms."""
        return Arm(TRAINED, tuple(each for each in self.changes if each in (NOISE, ALONE)))

    @property
    def of_rows(self) -> "Arm":
        """The part of it that `all_activations` looks at."""
        return Arm(TRAINED, tuple(each for each in self.changes if each in (LESS, MATCHED)))

    def params(self, key: Key, trained: TransformerParams) -> TransformerParams:
        """The parameters of the arm."""
        embeddings = KEPT not in self.changes
        params = trained
        if self.weights == REINITIALISE:
            params = reinitialise(
                key, trained, standard_deviation=INITIAL_DEVIATION, embeddings=embeddings
            )
        elif self.weights != TRAINED:
            params = randomise(key, trained, SCHEMES[self.weights], embeddings=embeddings)
        return quantise(params) if QUANTISED in self.changes else params

    def text_activations(
        self,
        model: Transformer,
        params: TransformerParams,
        tokens: Array,
        key: Key,
        *,
        layers: tuple[int, ...],
        site: Site,
    ) -> Array:
        """Activations at each token of one text, before `all_activations`.

        Args:
            model: the functions of the transformer.
            params: of the arm.
            tokens: the text, int32 (n,).
            key: of the noise.
            layers: numbers of blocks, from 0 on; of the residual stream, of the blocks before it,
                up to all.
            site: what is returned.

        Returns:
            (len(layers), n, d). Blocks after the last of the layers are not run.
        """
        residual = model.embed(params, tokens)
        if NOISE in self.changes:
            mean, deviation = (f(params.embedding, 0, keepdims=True) for f in (jnp.mean, jnp.std))
            residual = mean + deviation * jax.random.normal(key, residual.shape)
        chosen = jnp.asarray(layers)
        if ALONE in self.changes:
            if site == "residual":
                return jnp.broadcast_to(residual, (len(layers), *residual.shape))
            blocks: Any = jax.tree.map(lambda leaf: leaf[chosen], params.layers)
            silent = blocks.replace(output=jax.tree.map(jnp.zeros_like, blocks.output))
            return jax.vmap(lambda block: model.block(block, residual)[1])(silent)
        n_blocks = max(layers) + (site == "mlp")
        after, hidden = model.blocks(select(params.layers, slice(n_blocks)), residual)
        streams = jnp.concatenate([residual[None], after])
        return (hidden if site == "mlp" else streams)[chosen]

    def all_activations(
        self, key: Key, activations: Array, tokens: Array, fitted: Array, *, n_tokens: int
    ) -> Array:
        """The activations at all tokens, in the arms that have others than the model's.

        Args:
            key: of what is random.
            activations: (n, d).
            tokens: at which they are, int32 (n,).
            fitted: on which of them the means by token are taken, int32 (k,).
            n_tokens: size of the vocabulary.
        """
        if LESS in self.changes:
            means = metrics.token_means(activations[fitted], tokens[fitted], n_tokens=n_tokens)
            activations = metrics.without_token_means(activations, tokens, means)
        return matched_gaussian(key, activations) if MATCHED in self.changes else activations


def arm(name: str) -> Arm:
    """An arm by its name, in which changes may stand in any order.

    Raises:
        ArgumentError: there is none of that name, or its changes contradict each other; one line.
    """
    weights, *changes = (part.strip() for part in str(name).split("+"))
    if weights not in WEIGHTS:
        close = did_you_mean(weights, WEIGHTS)
        raise ArgumentError(f"arms={shown(name)}: expected one of {', '.join(WEIGHTS)}{close}")
    for change in changes:
        if change not in CHANGES:
            close = did_you_mean(change, CHANGES)
            listed = ", ".join(CHANGES)
            raise ArgumentError(f"arms={shown(name)}: {change}, expected one of {listed}{close}")
    if len({*changes}) < len(changes):
        raise ArgumentError(f"arms={shown(name)}: expected each change once")
    if weights == TRAINED and KEPT in changes:
        raise ArgumentError(f"arms={shown(name)}: {KEPT} changes nothing there")
    if {NOISE, ALONE} <= {*changes}:
        raise ArgumentError(f"arms={shown(name)}: expected {NOISE} or {ALONE}, not both")
    return Arm(weights, tuple(each for each in CHANGES if each in changes))


def arms_of(names: Sequence[str]) -> list[Arm]:
    """Arms by their names.

    Raises:
        ArgumentError: an unknown one, none at all, or one twice; one line.
    """
    if isinstance(names, str) or not isinstance(names, Sequence) or not names:
        raise ArgumentError(f"arms={shown(names)}: expected names, such as [trained, gaussian]")
    found = [arm(name) for name in names]
    if len({*found}) < len(found):
        raise ArgumentError(f"arms={shown([*names])}: expected each once")
    return found


def width_of(params: TransformerParams, site: Site) -> int:
    """Numbers of an activation, from the parameters of one transformer or of several, stacked."""
    leaf = params.embedding if site == "residual" else params.layers.up.W
    return leaf.shape[-1]
