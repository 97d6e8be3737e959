"""The peers, in a process of the parity environment: SAELens' own trainer, and plain PyTorch.

Read as JSON, a line each: {"prepare": NAME, "who": ..., the fields of a case, "n_steps": n, "rows":
path} makes an autoencoder, {"run": NAME} trains it once, anew. Each is answered by a line. One
autoencoder is trained, as the peers train one after another, and their data are their own. It
imports nothing of superpos.
"""

# pyright: reportMissingImports=false

import json
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch


def saelens(case: dict[str, Any], batches: Callable[[], Iterator[torch.Tensor]]) -> Any:
    """SAELens' training class under its own trainer."""
    from sae_lens import saes
    from sae_lens.config import LoggingConfig, SAETrainerConfig
    from sae_lens.training.sae_trainer import SAETrainer

    sizes = {"d_in": case["d_in"], "d_sae": case["d_code"]}

    def run() -> None:
        if case["architecture"] == "topk":
            sae = saes.TopKTrainingSAE(saes.TopKTrainingSAEConfig(**sizes, k=case["k"]))
        else:
            config = saes.StandardTrainingSAEConfig(**sizes, l1_coefficient=case["l1"])
            sae = saes.StandardTrainingSAE(config)
        settings = SAETrainerConfig(
            total_training_samples=case["n_steps"] * case["batch_size"],
            train_batch_size_samples=case["batch_size"],
            lr=case["learning_rate"],
            lr_end=case["learning_rate"],
            logger=LoggingConfig(log_to_wandb=False),
        )
        SAETrainer(cfg=settings, sae=sae, data_provider=batches()).fit()

    return run


def plain(case: dict[str, Any], batches: Callable[[], Iterator[torch.Tensor]]) -> Any:
    """The same autoencoder and optimiser as one would write them, and nothing that is measured."""
    d_in, d_code = case["d_in"], case["d_code"]

    def run() -> None:
        W_dec = torch.randn(d_code, d_in)
        W_dec = (0.1 * W_dec / W_dec.norm(dim=1, keepdim=True)).requires_grad_()
        W_enc = W_dec.detach().T.clone().requires_grad_()
        b_enc = torch.zeros(d_code, requires_grad=True)
        b_dec = torch.zeros(d_in, requires_grad=True)
        params = [W_enc, W_dec, b_enc, b_dec]
        optimizer = torch.optim.Adam(params, lr=case["learning_rate"])
        stream = batches()
        for _ in range(case["n_steps"]):
            x = next(stream)
            norms = W_dec.norm(dim=1)
            pre = (x - b_dec) @ W_enc + b_enc
            if case["architecture"] == "topk":
                best = (pre * norms).topk(case["k"], dim=-1, sorted=False)
                code = torch.zeros_like(pre).scatter(-1, best.indices, best.values.relu())
                recon = (code / norms) @ W_dec + b_dec
                loss = (x - recon).pow(2).sum(-1).mean()
            else:
                code = pre.relu()
                recon = code @ W_dec + b_dec
                penalty = case["l1"] * (code * norms).sum(-1).mean()
                loss = (x - recon).pow(2).sum(-1).mean() + penalty
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(params, 1.0)
            optimizer.step()

    return run


def given(case: dict[str, Any]) -> Callable[[], Iterator[torch.Tensor]]:
    """Batches of rows that are given, in turn."""
    rows = torch.tensor(np.load(case["rows"]))
    batches = rows.split(case["batch_size"])

    def stream() -> Iterator[torch.Tensor]:
        while True:
            yield from batches

    return stream


def generated(case: dict[str, Any]) -> Callable[[], Iterator[torch.Tensor]]:
    """Batches of SAELens' own generator."""
    from sae_lens.synthetic import ActivationGenerator, FeatureDictionary
    from sae_lens.synthetic.training import SyntheticActivationIterator

    directions = FeatureDictionary(case["n_features"], case["d_in"], initializer=None)
    factors = ActivationGenerator(case["n_features"], case["density"])
    return lambda: SyntheticActivationIterator(directions, factors, case["batch_size"])


def sampled(case: dict[str, Any]) -> Callable[[], Iterator[torch.Tensor]]:
    """Batches of sparse features as one would draw them."""
    n, d = case["n_features"], case["d_in"]
    directions = torch.nn.functional.normalize(torch.randn(n, d), dim=1)

    def stream() -> Iterator[torch.Tensor]:
        while True:
            on = torch.rand(case["batch_size"], n) < case["density"]
            yield (on * torch.rand(case["batch_size"], n)) @ directions

    return stream


def selection(case: dict[str, Any], _: Any) -> Any:
    """torch.topk of the rows alone, or of all of them at once."""
    values = torch.rand(case["batch_size"], case["d_code"])
    values = values.flatten() if case["flat"] else values

    def run() -> None:
        for _ in range(case["n_steps"]):
            values.topk(case["k"], dim=-1, sorted=False)

    return run


WHO = {"SAELens": (saelens, generated), "plain PyTorch": (plain, sampled)}


def prepared(case: dict[str, Any]) -> Any:
    """What trains a case once."""
    if case["who"] == "selection":
        return selection(case, None)
    train, generator = WHO[case["who"]]
    return train(case, generator(case) if case["n_features"] else given(case))


def main() -> None:
    """Answer until the input ends; what the peers print goes nowhere."""
    answers = os.fdopen(os.dup(1), "w")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    runs: dict[str, Any] = {}
    for line in sys.stdin:
        asked = json.loads(line)
        answer: dict[str, Any] = {"ok": True}
        try:
            if "run" in asked:
                runs[asked["run"]]()
            elif "prepare" in asked:
                runs[asked["prepare"]] = prepared(asked)
            else:
                answer["versions"] = versions()
        except Exception as error:  # which the other process reports
            answer = {"ok": False, "error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def versions() -> dict[str, str]:
    """Of the peers that are there."""
    from importlib import metadata

    return {"torch": metadata.version("torch"), "sae-lens": metadata.version("sae-lens")}


if __name__ == "__main__":
    main()
