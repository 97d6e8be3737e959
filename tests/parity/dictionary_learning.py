"""dictionary_learning 0.1.0 on the weights and the data, by its own trainers.

Its package imports nnsight, a language model's tools, which no trainer needs: the submodules are
imported without running the package's own file.
"""

import importlib
import importlib.util
import sys
import types
from typing import Any

import numpy as np
import torch

from tests.parity import inputs
from tests.parity.cases import DEAD_AFTER, LEARNING_RATE, Case
from tests.parity.inputs import Arrays
from tests.parity.saelens import array

PACKAGE = "dictionary_learning"
TRANSPOSED = {"encoder.weight": "W_enc", "decoder.weight": "W_dec"}
NAMES = {
    "encoder.bias": "b_enc",
    "bias": "b_dec",
    "decoder_bias": "b_dec",
    "gate_bias": "b_gate",
    "mag_bias": "b_mag",
    **TRANSPOSED,
}
"""Its names of parameters -> SAELens'; a weight of nn.Linear is transposed too."""
AFTER_WARM_UP = inputs.N_STEPS


def record(case: Case, start: Arrays, xs: np.ndarray) -> Arrays:
    """Everything that is frozen of one case, under SAELens' names and layouts."""
    x = torch.tensor(xs[0])
    trainer = new_trainer(case, start)
    found = {f"params/{name}": value for name, value in named(trainer.ae).items()}
    found["since_fired"] = np.where(
        np.isin(np.arange(inputs.D_CODE), case.dead), DEAD_AFTER * inputs.BATCH, 0
    ).astype(np.float32)
    _set_counters(trainer, found["since_fired"])
    loss = trainer.loss(x, step=AFTER_WARM_UP)
    loss.backward()
    found["loss"] = array(loss)
    found |= {f"grads/{name}": value for name, value in named(trainer.ae, "grad").items()}
    logged = new_trainer(case, start)
    _set_counters(logged, found["since_fired"])
    log = logged.loss(x, step=AFTER_WARM_UP, logging=True)
    found |= {"recon": array(log[1]), "code": array(log[2])}
    found |= {f"losses/{name}": np.float32(value) for name, value in log.losses.items()}
    return found | trained(case, start, xs)


def trained(case: Case, start: Arrays, xs: np.ndarray) -> Arrays:
    """Parameters halfway and after 100 updates of its trainer, and the state then."""
    trainer = new_trainer(case, start)
    found: Arrays = {}
    for step, x in enumerate(xs):
        trainer.update(step, torch.tensor(x))
        if step + 1 == inputs.HALFWAY:
            found |= {f"halfway/{name}": value for name, value in named(trainer.ae).items()}
    found |= {f"trained/{name}": value for name, value in named(trainer.ae).items()}
    if hasattr(trainer, "num_tokens_since_fired"):
        found["trained_state/since_fired"] = array(trainer.num_tokens_since_fired)
    if isinstance(trainer.ae.__dict__.get("_buffers", {}).get("threshold"), torch.Tensor):
        found["trained_state/threshold"] = array(trainer.ae.threshold)
    return found


def new_trainer(case: Case, start: Arrays) -> Any:
    """A trainer whose SAE has these weights; a latent is dead after DEAD_AFTER batches."""
    module, name = case.peer.split(".")
    trainer = getattr(_submodule(module), name)(
        steps=inputs.N_STEPS + 1,
        activation_dim=inputs.D_IN,
        dict_size=inputs.D_CODE,
        layer=0,
        lm_name="none",
        lr=LEARNING_RATE,
        warmup_steps=case.warm_up,
        device="cpu",
        **case.settings,
    )
    weights = inputs.unit_decoder(start) if case.unit_decoder else start
    for their_name, parameter in trainer.ae.named_parameters():
        value = torch.tensor(weights[NAMES.get(their_name, their_name)])
        parameter.data = value.T.contiguous() if their_name in TRANSPOSED else value
    if hasattr(trainer, "dead_feature_threshold"):
        trainer.dead_feature_threshold = DEAD_AFTER * inputs.BATCH
    return trainer


def named(sae: Any, attribute: str = "data") -> Arrays:
    """Parameters, or their gradients, under SAELens' names and in its layouts."""
    found = {}
    for name, parameter in sae.named_parameters():
        value = array(getattr(parameter, attribute))
        found[NAMES.get(name, name)] = value.T.copy() if name in TRANSPOSED else value
    return found


def geometric_median(points: np.ndarray) -> np.ndarray:
    """Where its TopK family puts b_dec before the first step."""
    return array(_submodule("top_k").geometric_median(torch.tensor(points)))


def _set_counters(trainer: Any, since_fired: np.ndarray) -> None:
    if hasattr(trainer, "num_tokens_since_fired"):
        trainer.num_tokens_since_fired = torch.tensor(since_fired).long()


def _submodule(name: str) -> Any:
    if PACKAGE not in sys.modules:
        spec = importlib.util.find_spec(PACKAGE)
        package = types.ModuleType(PACKAGE)
        package.__path__ = list(spec.submodule_search_locations)
        sys.modules[PACKAGE] = package
    return importlib.import_module(f"{PACKAGE}.trainers.{name}")
