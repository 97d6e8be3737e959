"""SAELens on the weights and the data: a pass with its gradients, then 100 steps of its trainer."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from sae_lens import saes
from sae_lens.config import LoggingConfig, SAETrainerConfig
from sae_lens.saes.sae import TrainCoefficientConfig, TrainStepInput, TrainStepOutput
from sae_lens.training.sae_trainer import SAETrainer

from tests.parity import inputs
from tests.parity.cases import DEAD_AFTER, LEARNING_RATE, Case
from tests.parity.inputs import Arrays


def record(case: Case, start: Arrays, xs: np.ndarray) -> Arrays:
    """Everything that is frozen of one case; names are in tests/golden/saes/README.md."""
    sae = training_sae(case, start)
    dead = np.isin(np.arange(inputs.D_CODE), case.dead)
    found: Arrays = {f"params/{name}": array(p) for name, p in sae.named_parameters()}
    found["since_fired"] = np.where(dead, DEAD_AFTER + 1, 0).astype(np.float32)
    output = forward(sae, torch.tensor(xs[0]), torch.tensor(dead))
    output.loss.backward()
    found |= {"code": array(output.feature_acts), "recon": array(output.sae_out)}
    found |= {"pre_acts": array(output.hidden_pre), "loss": array(output.loss)}
    found |= {f"losses/{name}": array(value) for name, value in output.losses.items()}
    found |= {f"grads/{name}": array(p.grad) for name, p in sae.named_parameters()}
    return found | trained(case, start, xs)


def trained(case: Case, start: Arrays, xs: np.ndarray) -> Arrays:
    """The loss of each step, parameters halfway and after the last, and the state then."""
    losses: list[np.ndarray] = []
    found: Arrays = {}

    def keep(trainer: SAETrainer[Any, Any], output: TrainStepOutput) -> None:
        losses.append(array(output.loss))
        place = {inputs.HALFWAY: "halfway", inputs.N_STEPS: "trained"}.get(len(losses))
        if place:
            named = trainer.sae.named_parameters()
            found.update({f"{place}/{name}": array(p) for name, p in named})

    trainer = trained_sae(case, start, xs, keep)
    found["trained_losses"] = np.stack(losses)
    found["trained_state/since_fired"] = array(trainer.n_forward_passes_since_fired)
    if hasattr(trainer.sae, "topk_threshold"):
        found["trained_state/threshold"] = array(trainer.sae.topk_threshold)
    return found


def trained_sae(
    case: Case,
    start: Arrays,
    xs: np.ndarray,
    keep: Callable[[SAETrainer[Any, Any], TrainStepOutput], None] = lambda *_: None,
) -> SAETrainer[Any, Any]:
    """SAELens' trainer after a step on each batch; `keep` is given what each step found."""
    sae = training_sae(case, start)
    trainer = SAETrainer(cfg=_trainer_config(case), sae=sae, data_provider=iter(()))
    for x in xs:
        output = trainer.step(torch.tensor(x))
        trainer.n_training_steps += 1
        keep(trainer, output)
    return trainer


def training_sae(case: Case, start: Arrays) -> Any:
    """A SAE to train, with these weights."""
    sae_class = getattr(saes, case.peer)
    config = getattr(saes, f"{case.peer}Config")
    more = {"decoder_init_norm": 1.0} if case.architecture == "matching_pursuit" else {}
    sae = sae_class(config(d_in=inputs.D_IN, d_sae=inputs.D_CODE, **more, **_own(case.settings)))
    weights = inputs.unit_decoder(start) if case.unit_decoder else start
    for name, parameter in sae.named_parameters():
        parameter.data = torch.tensor(weights[name])
    return sae


def forward(sae: Any, x: torch.Tensor, dead: torch.Tensor) -> TrainStepOutput:
    """One training pass, coefficients at their final value."""
    final = {
        name: each.value if isinstance(each, TrainCoefficientConfig) else each
        for name, each in sae.get_coefficients().items()
    }
    return sae.training_forward_pass(
        TrainStepInput(
            sae_in=x,
            coefficients=final,
            dead_neuron_mask=dead,
            n_training_steps=0,
            is_logging_step=False,
        )
    )


def array(tensor: torch.Tensor) -> np.ndarray:
    """float32, as everything is frozen."""
    return tensor.detach().to(torch.float32).numpy().copy()


def _trainer_config(case: Case) -> SAETrainerConfig:
    return SAETrainerConfig(
        total_training_samples=inputs.N_STEPS * inputs.BATCH,
        train_batch_size_samples=inputs.BATCH,
        lr=LEARNING_RATE,
        lr_end=LEARNING_RATE,
        lr_warm_up_steps=case.warm_up,
        dead_feature_window=DEAD_AFTER,
        logger=LoggingConfig(log_to_wandb=False),
    )


def _own(settings: dict[str, Any]) -> dict[str, Any]:
    """A copy: SAELens appends to lists that it is given."""
    return {k: list(v) if isinstance(v, list) else v for k, v in settings.items()}
