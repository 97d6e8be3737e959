"""What is frozen: for each architecture and penalty, the settings in SAELens' own words."""

from typing import Any, NamedTuple

from tests.parity.inputs import DEAD, MANY_DEAD, SILENT


class Case(NamedTuple):
    """One architecture with one penalty, in one recipe.

    Attributes:
        recipe: `saelens` or `dictionary_learning`.
        architecture: as in superpos.saes.
        peer: class of the peer that trains it.
        settings: its arguments, beside sizes.
        dead: latents that are dead at the first batch.
        unit_decoder: whether decoder rows have norm 1 at the start.
        warm_up: steps of the linear warm-up of the learning rate.
    """

    recipe: str
    architecture: str
    peer: str
    settings: dict[str, Any]
    dead: tuple[int, ...] = ()
    unit_decoder: bool = False
    warm_up: int = 0


LEARNING_RATE = 3e-3
DEAD_AFTER = 10
"""A latent that has been silent for more batches than this is dead (of SAELens), or for at least
this many batches (of dictionary_learning)."""
L1 = {"l1_coefficient": 0.1}
TOPK = {"k": 3}
WIDTHS = {"k": 3, "matryoshka_widths": [4, 8, 16]}
JUMP = {"jumprelu_bandwidth": 0.5, "l0_coefficient": 0.1}
PURSUIT = {"max_iterations": 3}


def _saelens(architecture: str, peer: str, settings: dict[str, Any], **more: Any) -> Case:
    return Case("saelens", architecture, f"{peer}TrainingSAE", settings, **more)


SAELENS = {
    "relu": _saelens("relu", "Standard", L1),
    "relu_no_pre_bias": _saelens("relu", "Standard", {**L1, "apply_b_dec_to_input": False}),
    "relu_lp": _saelens("relu", "Standard", {**L1, "lp_norm": 2.0}),
    "relu_warm_up": _saelens("relu", "Standard", {**L1, "l1_warm_up_steps": 30}, warm_up=10),
    "relu_layer_norm": _saelens("relu", "Standard", {**L1, "normalize_activations": "layer_norm"}),
    "relu_unit_norm": _saelens(
        "relu", "Standard", {**L1, "normalize_activations": "constant_norm_rescale"}
    ),
    "gated": _saelens("gated", "Gated", L1),
    "topk": _saelens("topk", "TopK", TOPK),
    "topk_dead": _saelens("topk", "TopK", TOPK, dead=DEAD),
    "topk_many_dead": _saelens(
        "topk", "TopK", {**TOPK, "aux_loss_coefficient": 0.5}, dead=MANY_DEAD
    ),
    "topk_no_rescale": _saelens(
        "topk", "TopK", {**TOPK, "rescale_acts_by_decoder_norm": False}, dead=DEAD
    ),
    "abs_topk": _saelens("abs_topk", "AbsTopK", TOPK),
    "abs_topk_dead": _saelens("abs_topk", "AbsTopK", TOPK, dead=DEAD),
    "batch_topk": _saelens("batch_topk", "BatchTopK", TOPK),
    "batch_topk_dead": _saelens("batch_topk", "BatchTopK", {"k": 2.5}, dead=DEAD),
    "matryoshka": _saelens("matryoshka", "MatryoshkaBatchTopK", WIDTHS),
    "matryoshka_dead": _saelens("matryoshka", "MatryoshkaBatchTopK", WIDTHS, dead=DEAD),
    "matryoshka_dead_by_level": _saelens(
        "matryoshka",
        "MatryoshkaBatchTopK",
        {**WIDTHS, "use_matryoshka_aux_loss": True},
        dead=DEAD,
    ),
    "jumprelu_step": _saelens("jumprelu", "JumpReLU", JUMP),
    "jumprelu_step_to_input": _saelens(
        "jumprelu", "JumpReLU", {**JUMP, "jumprelu_ste_to_input": True}
    ),
    "jumprelu_tanh": _saelens(
        "jumprelu", "JumpReLU", {**JUMP, "jumprelu_sparsity_loss_mode": "tanh"}
    ),
    "jumprelu_tanh_anthropic": _saelens(
        "jumprelu",
        "JumpReLU",
        {
            **JUMP,
            "jumprelu_sparsity_loss_mode": "tanh",
            "jumprelu_ste_to_input": True,
            "pre_act_loss_coefficient": 0.1,
        },
        dead=DEAD,
    ),
    "jumprelu_quadratic": _saelens(
        "jumprelu",
        "JumpReLU",
        {**JUMP, "jumprelu_sparsity_loss_mode": "quadratic", "target_l0": 3.0},
    ),
    "matching_pursuit": _saelens(
        "matching_pursuit",
        "MatchingPursuit",
        {**PURSUIT, "residual_threshold": 0.0, "stop_on_duplicate_support": False},
        unit_decoder=True,
    ),
    "matching_pursuit_stops": _saelens(
        "matching_pursuit",
        "MatchingPursuit",
        {"max_iterations": 6, "residual_threshold": 0.3, "stop_on_duplicate_support": True},
        unit_decoder=True,
    ),
}


def _learning(architecture: str, peer: str, settings: dict[str, Any], **more: Any) -> Case:
    return Case("dictionary_learning", architecture, peer, settings, **more)


PENALTY = {"l1_penalty": 0.1, "sparsity_warmup_steps": 30}
AUXILIARY = {"k": 3, "threshold_start_step": 20, "auxk_alpha": 1 / 32}
UNIT: dict[str, Any] = {"unit_decoder": True, "warm_up": 10}
DICTIONARY_LEARNING = {
    "relu": _learning("relu", "standard.StandardTrainer", PENALTY, **UNIT),
    "relu_april_update": _learning(
        "relu", "standard.StandardTrainerAprilUpdate", PENALTY, warm_up=10
    ),
    "gated": _learning("gated", "gdm.GatedSAETrainer", PENALTY, **UNIT),
    "topk": _learning("topk", "top_k.TopKTrainer", AUXILIARY, **UNIT),
    "topk_dead": _learning("topk", "top_k.TopKTrainer", AUXILIARY, dead=SILENT, **UNIT),
    "batch_topk": _learning("batch_topk", "batch_top_k.BatchTopKTrainer", AUXILIARY, **UNIT),
    "batch_topk_dead": _learning(
        "batch_topk", "batch_top_k.BatchTopKTrainer", AUXILIARY, dead=SILENT, **UNIT
    ),
    "matryoshka": _learning(
        "matryoshka",
        "matryoshka_batch_top_k.MatryoshkaBatchTopKTrainer",
        {**AUXILIARY, "group_fractions": [0.25, 0.25, 0.5]},
        dead=SILENT,
        **UNIT,
    ),
    "jumprelu": _learning(
        "jumprelu",
        "jumprelu.JumpReluTrainer",
        {
            "bandwidth": 0.5,
            "sparsity_penalty": 1.0,
            "target_l0": 3.0,
            "sparsity_warmup_steps": 30,
        },
        **UNIT,
    ),
}
CASES = {
    f"{case.recipe}-{name}": case
    for cases in (SAELENS, DICTIONARY_LEARNING)
    for name, case in cases.items()
}


def described(case: Case) -> dict[str, Any]:
    """A case for those who cannot import this, with what all cases share."""
    shared = {"learning_rate": LEARNING_RATE, "dead_after": DEAD_AFTER}
    return {**case._asdict(), **shared}
