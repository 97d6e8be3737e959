"""What the peers learn from batches that are given, in a process of the parity environment.

    python learners.py FOLDER

FOLDER holds `batches.npy` (n_steps, batch_size, d_in), `features.npy` (n_features, d_in) where
autoencoders start at the truth, and `asked.json`: what they share, and what each has of its own.
What they learned goes to `learned.npz`, an autoencoder a row, with 0 for latents that it does not
have: W_enc, W_dec, b_enc, b_dec, `state.silent` (updates since a latent fired) and `mse` (the mean
over the last updates). It imports nothing of superpos.
"""

# pyright: reportMissingImports=false

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

Learned = dict[str, torch.Tensor]


def saelens(shared: dict[str, Any], own: dict[str, Any], batches: torch.Tensor) -> Learned:
    """SAELens' training classes under its own trainer, as it is: the gradient is clipped to 1."""
    from sae_lens.config import LoggingConfig, SAETrainerConfig
    from sae_lens.training.sae_trainer import SAETrainer

    sae = _sae(shared, own, batches.shape[-1])
    if shared["features"] is not None:
        rows = shared["features"] + shared["noise_scale"] * torch.randn(shared["features"].shape)
        sae.W_dec.data = torch.nn.functional.normalize(rows, dim=1)
        sae.W_enc.data = sae.W_dec.data.T.clone()
    settings = SAETrainerConfig(
        total_training_samples=batches.shape[0] * batches.shape[1],
        train_batch_size_samples=batches.shape[1],
        lr=shared["learning_rate"],
        lr_end=shared["learning_rate"],
        logger=LoggingConfig(log_to_wandb=False),
    )
    trainer = SAETrainer(cfg=settings, sae=sae, data_provider=iter(()))
    errors = []
    for x in batches:
        errors.append(trainer.step(x).losses["mse_loss"].detach())
        trainer.n_training_steps += 1
    found = {name: parameter.detach() for name, parameter in sae.named_parameters()}
    silent = trainer.n_forward_passes_since_fired
    return {**found, "state.silent": silent, "mse": _last(errors, shared)}


def _sae(shared: dict[str, Any], own: dict[str, Any], d_in: int) -> Any:
    from sae_lens import saes

    sizes = {
        "d_in": d_in,
        "d_sae": own["width"],
        "decoder_init_norm": shared["decoder_norm"],
        "apply_b_dec_to_input": shared["pre_bias"],
    }
    if shared["architecture"] == "batch_topk":
        return saes.BatchTopKTrainingSAE(saes.BatchTopKTrainingSAEConfig(**sizes, k=own["k"]))
    config = saes.StandardTrainingSAEConfig(**sizes, l1_coefficient=own["coefficient"])
    return saes.StandardTrainingSAE(config)


def recipe(shared: dict[str, Any], own: dict[str, Any], batches: torch.Tensor) -> Learned:
    """The autoencoder of Sharkey et al. 2022 in plain PyTorch, which SAELens does not have.

    As in its replication (HoagyC/sparse_coding, replicate_toy_models.py): a linear encoder as
    PyTorch starts it, a decoder without a bias that starts orthogonal and is set to norm 1 before
    each pass, Adam, the mean squared error over entries and l1 · ‖c‖₁ / width. The coefficient of
    superpos is l1 · d / width, of an error that is summed over d.
    """
    d_in = batches.shape[-1]
    encoder = torch.nn.Linear(d_in, own["width"])
    decoder = torch.nn.Linear(own["width"], d_in, bias=False)
    torch.nn.init.orthogonal_(decoder.weight)
    both = [*encoder.parameters(), *decoder.parameters()]
    optimizer = torch.optim.Adam(both, lr=shared["learning_rate"])
    errors, silent = [], torch.zeros(own["width"])
    for x in batches:
        decoder.weight.data = torch.nn.functional.normalize(decoder.weight.data, dim=0)
        code = encoder(x).relu()
        error = torch.nn.functional.mse_loss(decoder(code), x)
        loss = error + own["coefficient"] / d_in * code.sum(1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        errors.append(d_in * error.detach())
        silent = torch.where((code > 0).any(0), 0, silent + 1)
    return {
        "W_enc": encoder.weight.detach().T,
        "W_dec": decoder.weight.detach().T,
        "b_enc": encoder.bias.detach(),
        "b_dec": torch.zeros(d_in),
        "state.silent": silent,
        "mse": _last(errors, shared),
    }


def _last(errors: list[torch.Tensor], shared: dict[str, Any]) -> torch.Tensor:
    return torch.stack(errors[-shared["n_last"] :]).mean()


LEARNERS = {"saelens": saelens, "recipe": recipe}


def main(folder: Path) -> None:
    """Train one autoencoder after another."""
    torch.set_num_threads(1)  # of products this small; two would wait for each other
    asked = json.loads((folder / "asked.json").read_text())
    shared = asked["shared"]
    batches = torch.tensor(np.load(folder / "batches.npy"))
    known = folder / "features.npy"
    shared["features"] = torch.tensor(np.load(known)) if known.exists() else None
    rows = []
    for own in asked["each"]:
        torch.manual_seed(own["seed"])
        learned = LEARNERS[shared["peer"]](shared, own, batches)
        rows.append({name: _padded(name, each, shared) for name, each in learned.items()})
    stacked = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    np.savez(folder / "learned.npz", allow_pickle=False, **stacked)


def _padded(name: str, value: torch.Tensor, shared: dict[str, Any]) -> np.ndarray:
    """With as many latents as the widest has."""
    axis = {"W_enc": 1, "W_dec": 0, "b_enc": 0, "state.silent": 0}.get(name)
    pads = [(0, shared["d_code"] - n if at == axis else 0) for at, n in enumerate(value.shape)]
    return np.pad(value.numpy(), pads) if pads else value.numpy()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
