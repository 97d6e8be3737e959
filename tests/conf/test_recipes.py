"""What the command line composes for a recipe is what the recipe gives in Python."""

from typing import Any

import jax
import jax.numpy as jnp
import pytest

from superpos.app import boundary
from superpos.app.registry import registry
from superpos.components import construct
from superpos.optim.schedules import constant
from superpos.saes import recipes
from superpos.types import Batch, Model

SIZES = {"d_in": 5, "d_code": 24}
OWN: dict[str, dict[str, Any]] = {
    **{name: {"k": 2} for name in ("abs_topk", "aligned", "batch_topk", "topk")},
    "matching_pursuit": {"k": 2, "max_iterations": 5},
    "matryoshka": {"k": 2, "prefixes": [4, 8]},
}
"""What a recipe leaves open, as conf/ has it."""
PURSUIT = ["model.residual_threshold=0.01", "model.stop_at_repeat=true"]
BATCH = 256
L1 = ["model.sparsity.coefficient=0.1", "model.sparsity.warmup_steps=2000"]
KIN = [
    *("model.centre=geometric_median", "model.dead.coefficient=0.03125"),
    *("model.dead.normalised=true", f"model.dead.window={-(-10_000_000 // BATCH) - 2}"),
    f"optim.learning_rate={2e-4 / (SIZES['d_code'] / 2**14) ** 0.5}",
]
"""Of TopK and its kin: 10 million examples without firing, and 2e-4 / √(d_code / 2¹⁴)."""
IN_BATCH = [*KIN, "model.threshold_rate=0.001", "model.threshold_start=1001"]
LEARNING = {
    "relu": [*L1, "optim.learning_rate=1e-3", "optim.clip=null"],
    "gated": [
        *(*L1, "model.frozen_decoder=true"),
        *("optim.learning_rate=5e-5", "optim.b1=0.0", "optim.clip=null"),
    ],
    "jumprelu": [
        *("model.bandwidth=0.001", "model.init_threshold=0.001", "model.pre_bias=false"),
        *("sparsity@model.sparsity=relative", "model.sparsity.target=20.0"),
        *("model.sparsity.warmup_steps=2000", "optim.learning_rate=7e-5", "optim.b1=0.0"),
    ],
    "topk": KIN,
    "batch_topk": IN_BATCH,
    "matryoshka": [*IN_BATCH, f"model.weights={[1 / 9] * 3}"],
}
"""Architecture -> the words of dictionary_learning, beside those of ALL."""
ALL = ["init@model.init=dictionary_learning", "model.scale=mean_square", "optim.decoder=unit"]


def composed(architecture: str, words: list[str]) -> tuple[Model, Any]:
    """The model and the optimiser of a command line."""
    chosen = [f"model=sae_{architecture}", f"model.d_code={SIZES['d_code']}", "optim=sae_adam"]
    config = boundary.compose(["experiment=train", *chosen, *words])
    return tuple(construct(registry(), group, config[group]) for group in ("model", "optim"))


def program(model: Model) -> str:
    """All that a model computes, numbers included, as JAX traces it."""

    def start_and_loss(key: jax.Array, x: jax.Array) -> Any:
        params, state = model.init(key)
        batch = Batch(inputs=x, targets=x, factors=x)
        return (
            params,
            state,
            jax.value_and_grad(model.loss, has_aux=True)(params, state, batch, key),
        )

    return str(jax.make_jaxpr(start_and_loss)(jax.random.key(0), jnp.ones((4, SIZES["d_in"]))))


def update(tx: Any, model: Model) -> str:
    params, _ = jax.eval_shape(model.init, jax.random.key(0))
    moments = jax.eval_shape(tx.init, params)
    return str(jax.make_jaxpr(tx.update)(params, moments, params))


@pytest.mark.parametrize("architecture", recipes.ARCHITECTURES)
def test_the_defaults_of_conf_are_the_recipe_of_saelens(architecture: str) -> None:
    own = {"width": SIZES["d_code"], **OWN.get(architecture, {})}
    recipe = recipes.saelens(architecture=architecture, **SIZES, **own)
    model, tx = composed(architecture, PURSUIT if architecture == "matching_pursuit" else [])
    assert program(model) == program(recipe.model)
    assert update(tx, model) == update(recipe.tx, recipe.model)


@pytest.mark.parametrize("architecture", LEARNING)
def test_words_make_the_recipe_of_dictionary_learning(
    architecture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for the rise of its learning rate: `schedule.warmup_steps=1000` is an update ahead."""
    monkeypatch.setattr(recipes, "risen_over", lambda n_steps: constant())
    own = {"width": SIZES["d_code"], **OWN.get(architecture, {})}
    recipe = recipes.dictionary_learning(
        architecture=architecture, batch_size=BATCH, **SIZES, **own
    )
    model, tx = composed(architecture, [*ALL, *LEARNING[architecture]])
    assert program(model) == program(recipe.model)
    assert update(tx, model) == update(recipe.tx, recipe.model)
