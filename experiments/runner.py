"""One experiment: check the config, train its sweeps, judge its claims, write its page."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax
import yaml
from rich.console import Console

from experiments.claims import ledger
from experiments.experiment import bind
from experiments.findings import Findings
from experiments.jobs import Job
from experiments.progress import progress_bar
from experiments.report.page import write_page
from superpos import random
from superpos.train import NoMemberError, sweep
from superpos.train.fingerprint import fingerprint

ROOT_SEED = 0
"""The root key of every experiment; members differ by their own seed, folded into it."""


class Trained(NamedTuple):
    """What training a job gave: its Dataset, the members that were new, and the seconds."""

    dataset: Any
    n_new: int
    seconds: float


def run(config: Mapping[str, Any]) -> int:
    """Run one experiment from a plain config.

    Args:
        config: plain and resolved, as `boundary.run` hands it over.

    Returns:
        0, or 3 when members diverged.

    Raises:
        ConfigError: before anything is compiled, with every problem found.
    """
    jobs, analyse = bind(config)
    folder, console = Path(config["output_dir"]), Console()
    jax.config.update("jax_default_matmul_precision", config["engine"]["matmul_precision"])
    folder.mkdir(parents=True, exist_ok=True)
    trained = {
        name: _train(name, job, config, folder / name, console) for name, job in jobs.items()
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(dict(config), sort_keys=False))
    findings = _analyse(analyse, trained, folder, console)
    records = ledger.to_records(findings.verdicts, config["command"])
    ledger.write(folder / "claims.json", records)
    page = write_page(
        folder,
        title=config["title"],
        question=config["question"],
        figures=findings.figures,
        records=records,
        config={k: v for k, v in config.items() if k not in ("title", "question", "command")},
        command=config["command"],
        facts=_facts(trained),
    )
    if records:
        console.print(ledger.table(records))
    for figure in findings.figures:
        console.print(f"figure  {folder / figure.name}", soft_wrap=True)
    console.print(f"page    {page}", soft_wrap=True)
    return _report_failures(trained, console)


def _train(
    name: str, job: Job, config: Mapping[str, Any], folder: Path, console: Console
) -> Trained:
    """Train one job, or what is missing of it, showing rate and time left."""
    engine = config["engine"]
    start = time.perf_counter()
    n_members = job.n_members
    console.print(
        f"{config['experiment']} {name}: {n_members:,} models x {job.fit.n_steps:,} steps"
    )
    with progress_bar(console) as on_progress:
        dataset = sweep(
            job.build,
            key=random.key(ROOT_SEED, rng=engine["rng"]),
            axes=job.axes,
            zipped=job.zipped,
            store=folder,
            spec=job.spec,
            dims=config["dims"],
            chunk=engine["chunk"],
            memory_fraction=engine["memory_fraction"],
            check_fragile=engine["check_fragile"],
            allow_numerics_change=engine["allow_numerics_change"],
            on_progress=on_progress,
        )
    return Trained(dataset, on_progress.n_new, time.perf_counter() - start)


def _analyse(
    analyse: Callable[..., Findings], trained: Mapping[str, Trained], folder: Path, console: Console
) -> Findings:
    """Findings; none where every restart of some point diverged, which is said."""
    try:
        return analyse({name: result.dataset for name, result in trained.items()}, folder)
    except NoMemberError as error:
        console.print(f"no claims: {error}", soft_wrap=True)
        return Findings()


def _facts(trained: Mapping[str, Trained]) -> dict[str, str]:
    facts = {}
    for name, (dataset, n_new, seconds) in trained.items():
        facts[f"Training, {name}"] = (
            f"{n_new:,} models in {seconds:.1f} s"
            if n_new
            else f"{dataset['status'].size:,} models, found on disk"
        )
        facts[f"Fragile, {name}"] = _fragile_of(dataset)
    return facts | {key.replace("_", " "): text or "none" for key, text in fingerprint().items()}


def _fragile_of(dataset: Any) -> str:
    """How many members are fragile, in words."""
    if "fragile" not in dataset:
        return "not checked"
    return f"{int(dataset['fragile'].sum()):,} of {dataset['fragile'].size:,} models"


def _report_failures(trained: Mapping[str, Trained], console: Console) -> int:
    """Count the fragile members and name every one that is not ok; 3 if there is one, else 0."""
    code = 0
    for name, result in trained.items():
        console.print(f"fragile {name}: {_fragile_of(result.dataset)}", soft_wrap=True)
        status = result.dataset["status"]
        for index in zip(*(status != "ok").to_numpy().nonzero(), strict=True):
            member = status[index]
            where = ", ".join(f"{dim}={member[dim].item():.6g}" for dim in status.dims)
            console.print(f"failed  {name}: {where}: {member.item()}", soft_wrap=True)
            code = 3
    return code
