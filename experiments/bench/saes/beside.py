"""`make peers`: SAELens on the data of experiments whose claims do not all reproduce.

Runs the experiments, or finds their results; trains SAELens on the batches that they drew, at their
size and with their settings; puts what it learned in the place of what superpos learned, so that
the same code measures and judges; and writes what it has for each claim that superpos does not
reproduce to experiments/saes/peers.json, which the pages of the experiments show.
"""

import datetime
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import xarray

from experiments.bench.saes.peers import PYTHON
from experiments.saes.peers import FILE
from superpos import optim
from superpos.app import boundary, extensions, terminal
from superpos.app.claims.everything import Ran, collect, run_all
from superpos.app.config.experiment import bind
from superpos.app.config.resolve import resolve
from superpos.app.config.sweep_plan import SweepPlan
from superpos.app.registry import analyses
from superpos.app.sweeping import root_key
from superpos.data.directions import orthonormal
from superpos.engine.assets import arrays_of, read_all
from superpos.train import FitSpec, fit, store
from superpos.types import Array, Batch, Key, Model, Output, Source

LEARNERS = Path(__file__).with_name("learners.py")
Selection = Mapping[str, list[float]]
BESIDE: Mapping[str, Mapping[str, Selection]] = {
    "saes/sharkey": {"small": {"width": [32]}, "large": {}},
    "saes/absorption": {"partial": {"coefficient": [0.001, 0.3]}, "varying": {}},
    "saes/sparse_but_wrong": {"random": {}},
}
"""Experiment -> variant that the claims rest on -> labels of its members that they need."""
SAELENS = {"saelens": "SAELens {sae-lens}"}
RECIPE = {"recipe": "the published recipe in PyTorch {torch}"}
PEERS = {"saes/sharkey": SAELENS | RECIPE}
"""Who is asked, and what a reader is told of them, where that is not SAELens alone: it has no
decoder of norm 1 without a bias."""


def main() -> int:
    """Ask the peers, and write what they have.

    Returns:
        0, or 1 where there is no parity environment or an experiment did not finish.
    """
    extensions.name_packages(["experiments"])
    console = terminal.console()
    if not PYTHON.exists():
        console.print(f"{PYTHON}: missing, expected what `make parity` installs")
        return 1
    runs = run_all(console, BESIDE)
    if not all(run.finished for run in runs):
        return 1
    claims: dict[str, Any] = {}
    sizes: dict[str, Any] = {}
    known = versions()
    for run in runs:
        wanted = [record["id"] for record in collect(run) if record["reproduced"] is False]
        of_peers, sizes[run.name] = compared(run)
        for claim in wanted:
            told = {peer.format(**known): found[claim] for peer, found in of_peers.items()}
            claims[claim] = told
            console.print(f"{claim}: {told}", soft_wrap=True)
    found = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "command": "make peers",
        "versions": known,
        "sizes": sizes,
        "claims": claims,
    }
    FILE.write_text(json.dumps(found, indent=1, allow_nan=False) + "\n")
    return 0


def compared(run: Ran) -> tuple[dict[str, dict[str, float | None]], dict[str, Any]]:
    """What the peers have for each claim of an experiment, and the sizes of its variants.

    Returns:
        Name of the peer -> id of the claim -> what is measured, None where it is undefined; and
        variant -> how many were trained, and for how long.
    """
    config = boundary.compose([f"experiment={run.name}"])
    variants, _ = bind(config, trace=False)
    ours = {name: store.open(run.folder / name) for name in variants}
    chosen = {name: ours[name].sel(labels) for name, labels in BESIDE[run.name].items()}
    drawn = {name: batches_of(variants[name].plans[0]) for name in chosen}
    analysis = analyses().analysis(run.name)
    found: dict[str, dict[str, float | None]] = {}
    for peer, label in PEERS.get(run.name, SAELENS).items():
        theirs = {name: learned(each, drawn[name], peer) for name, each in chosen.items()}
        verdicts = analysis.judge(analysis.measure({**ours, **theirs}))
        found[label] = {each.claim.id: _finite(each.measured) for each in verdicts}
    return found, {name: _size(each, drawn[name]) for name, each in chosen.items()}


def batches_of(plan: SweepPlan) -> np.ndarray:
    """The batches that all members of a sweep are trained on, (n_steps, batch_size, d_in).

    They are recorded by a model that learns nothing, so they are those that `training` draws.
    """
    given = read_all(plan.assets, arrays_of(plan.assets))
    source = resolve(plan.config, given).source
    return recorded(source, plan.fit, root_key(plan.config))


def recorded(source: Source, spec: FitSpec, key: Key) -> np.ndarray:
    """The inputs of every batch of a run, (n_steps, batch_size, d_in)."""

    def apply(params: Array, state: tuple[()], x: Array) -> Output:
        del params, state
        return Output(code=x, recon=x)

    def loss(params: Array, state: tuple[()], batch: Batch, key: Key) -> Any:
        del key
        return 0.0 * params, (state, {"inputs": batch.inputs})

    recorder = Model(lambda *_: (jnp.zeros(()), ()), apply, loss)
    each = FitSpec(n_steps=spec.n_steps, batch_size=spec.batch_size, log_every=1)
    run = fit(key, model=recorder, source=source, tx=optim.adam(learning_rate=1e-3), spec=each)
    return np.asarray(run.metrics["inputs"])


def learned(dataset: xarray.Dataset, batches: np.ndarray, peer: str) -> xarray.Dataset:
    """A sweep with what a peer learned from the same batches in the place of its results."""
    config = store.config_of(dataset)
    dims, shape = dataset["status"].dims, dataset["status"].shape
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.save(folder / "batches.npy", batches)
        if config["model.init.kind"] == "truth":
            np.save(folder / "features.npy", orthonormal(0, 2, batches.shape[-1]))
        asked = {"shared": _shared(dataset, config, peer), "each": [*_each(dataset, config)]}
        (folder / "asked.json").write_text(json.dumps(asked))
        command = [str(PYTHON), "-W", "ignore", str(LEARNERS), str(folder)]
        subprocess.run(command, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
        with np.load(folder / "learned.npz") as arrays:
            theirs = dict(arrays)
    errors = dataset["mse"].transpose(*dims, "step").copy(deep=True)
    errors[..., -1] = theirs.pop("mse").reshape(shape)
    changed = {
        name: dataset[name]
        .transpose(*dims, ...)
        .copy(data=values.reshape(*shape, *values.shape[1:]).astype(dataset[name].dtype))
        for name, values in theirs.items()
    }
    return dataset.assign({**changed, "mse": errors})


def _shared(dataset: xarray.Dataset, config: Mapping[str, Any], peer: str) -> dict[str, Any]:
    """What all autoencoders of a sweep have in common."""
    return {
        "peer": peer,
        "architecture": config["model.kind"].removeprefix("sae_"),
        "d_code": dataset.sizes["latent"],
        "decoder_norm": config.get("model.init.decoder_norm", 1.0),
        "noise_scale": config.get("model.init.noise_scale", 0.0),
        "pre_bias": config["model.pre_bias"],
        "learning_rate": config["optim.learning_rate"],
        "n_last": config["fit.log_every"],
    }


def _each(dataset: xarray.Dataset, config: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What each has of its own; its seed is its number where members have starts of their own."""
    status = dataset["status"]
    for number, place in enumerate(np.ndindex(status.shape)):
        labels = {str(name): status[place][name].item() for name in status.dims}
        width = int(labels.get("width", dataset.sizes["latent"]))
        own_start = config.get("engine.own_starts", False)
        yield {**labels, "width": width, "seed": number if own_start else int(labels["seed"])}


def _size(dataset: xarray.Dataset, batches: np.ndarray) -> dict[str, int]:
    n_steps, batch_size, _ = batches.shape
    return {
        "autoencoders": dataset["status"].size,
        "seeds": dataset.sizes["seed"],
        "updates": n_steps,
        "batch_size": batch_size,
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def versions() -> dict[str, str]:
    """Package of the parity environment -> its version."""
    code = "import json; from importlib.metadata import version as v; print(json.dumps({name: v("
    code += "name) for name in ('sae-lens', 'torch')}))"
    command = [str(PYTHON), "-c", code]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


if __name__ == "__main__":
    sys.exit(main())
