"""One experiment: check the config, train its sweeps, judge its claims, write its page."""

import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import rich.table
from rich.console import Console
from rich.text import Text

from superpos.app import terminal
from superpos.app.claims import ledger, shown
from superpos.app.claims.counts import headline
from superpos.app.claims.setting import changes, label_text
from superpos.app.config.experiment import bind
from superpos.app.config.variant import Variant, realised
from superpos.app.config.written import as_written
from superpos.app.findings import Findings, Table
from superpos.app.jobs import Outcome
from superpos.app.multirun.static import check_held, train_static
from superpos.app.progress import progress_bar, stage
from superpos.app.report import stored
from superpos.app.report.page import write_run
from superpos.app.search_metric import at_the_end, final_numbers, search_metric
from superpos.app.sweeping import measure_after, train
from superpos.app.tracking import track
from superpos.store import files
from superpos.store.best import LeftOutWarning
from superpos.store.fingerprint import fingerprint
from superpos.train import NoMemberError, store

ADVICE = (
    "rounding alone decides which model each becomes, so compare means over seeds (sweep.seed),"
    " or leave out what is `fragile` in the stored results"
)
"""What to do about members that are sensitive to rounding."""
Bound = tuple[Mapping[str, Variant], Callable[..., Findings]]


class TrainedSweep(NamedTuple):
    """What training a variant gave: its Dataset, the members that were new, and the seconds."""

    dataset: Any
    n_new: int
    seconds: float


def run(config: Mapping[str, Any], bound: Bound | None = None) -> Outcome:
    """Run one experiment from a plain config.

    Args:
        config: plain and resolved, as `boundary.run` hands it over.
        bound: what `bind` made of it, where that is known.

    Returns:
        Exit code 0, or 3 when members diverged; and the value of config.objective.

    Raises:
        ConfigError: before anything is compiled, with every problem found.
        ArgumentError: an asset cannot be made, or the analysis or the tracker refuses what was
            trained, which is kept; one line.
        StoreError: the folder cannot be written to, or holds something else; what was trained is
            kept, and the same run again goes on from there.
    """
    variants, analyse = bound or bind(config)
    folder, console = Path(config["output_dir"]), terminal.console()
    with files.making(folder):
        for name, variant in variants.items():
            check_held(config, name, variant, files.own(folder, name))
        for change in changes(config):
            console.print(f"other setting  {change}", soft_wrap=True, markup=False)
        trained = {
            name: _train(config, name, variant, files.own(folder, name), console)
            for name, variant in variants.items()
        }
    outcome = report(config, analyse, trained, folder, console)
    if config.get("tracker"):
        n_logged = track(config, {name: each.dataset for name, each in trained.items()}, folder)
        console.print(f"tracked {n_logged:,} models by {config['tracker']['kind']}")
    return outcome


def report(
    config: Mapping[str, Any],
    analyse: Callable[..., Findings],
    trained: Mapping[str, TrainedSweep],
    folder: Path,
    console: Console,
) -> Outcome:
    """Judge the claims of what was trained and write its page, as `run` does."""
    stored.write_config(folder, as_written(config))
    with stage(console, f"{config['experiment']}: measuring, judging the claims, drawing"):
        findings, left_out = _analyse(analyse, trained, folder, console)
    records = ledger.to_records(findings.verdicts, config["command"], changes(config))
    ledger.write(folder / "claims.json", records)
    facts = {**_facts(trained, stored.read_facts(folder)), **left_out}
    stored.write_findings(folder, findings, facts)
    page = write_run(folder, stored.read(folder))
    for table in findings.tables:
        console.print(_for_terminal(table))
    if records:
        console.print(shown.table(records))
        console.print(headline(records), soft_wrap=True, markup=False)
    for figure in findings.figures:
        console.print(f"figure  {folder / figure.name}", soft_wrap=True)
    console.print(f"page    {page}", soft_wrap=True)
    code = _report_failures(trained, console)
    numbers = final_numbers([result.dataset for result in trained.values()])
    return Outcome(code, search_metric(config["objective"], *numbers))


def _train(
    config: Mapping[str, Any], name: str, variant: Variant, folder: Path, console: Console
) -> TrainedSweep:
    """Train one variant, or what is missing of it, showing rate and time left."""
    start = time.perf_counter()
    lengths = sorted({plan.fit.n_steps for plan in variant.plans})
    console.print(
        f"{config['experiment']} {name}: {variant.n_members:,} models x"
        f" {' or '.join(f'{length:,}' for length in lengths)} steps"
    )
    variant = realised(variant, folder.parent)
    if variant.static:
        dataset, n_new = train_static(config, name, variant, folder, console)
    else:
        [plan] = variant.plans
        with progress_bar(console) as on_progress:
            dataset = train(plan, store=folder, on_progress=on_progress)
        n_new = on_progress.n_new
        if plan.over:
            console.print(f"{config['experiment']} {name}: measuring {', '.join(plan.over)}")
            measure_after(plan, folder)
            dataset = store.open(folder)
    return TrainedSweep(dataset, n_new, time.perf_counter() - start)


def _analyse(
    analyse: Callable[..., Findings],
    trained: Mapping[str, TrainedSweep],
    folder: Path,
    console: Console,
) -> tuple[Findings, dict[str, str]]:
    """Findings, and the fact of members that a choice leaves out, which is printed too.

    There are no findings where every restart of some point diverged, which is said.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", LeftOutWarning)
        try:
            findings = analyse({name: result.dataset for name, result in trained.items()}, folder)
        except NoMemberError as error:
            console.print(f"no claims: {error}", soft_wrap=True)
            findings = Findings()
    lines: dict[str, None] = {}
    for warning in caught:
        if issubclass(warning.category, LeftOutWarning):
            lines[str(warning.message)] = None
        else:
            warnings.warn_explicit(
                warning.message, warning.category, warning.filename, warning.lineno
            )
    for line in lines:
        console.print(line, soft_wrap=True)
    return findings, {"Left out of a choice": "; ".join(lines)} if lines else {}


def _for_terminal(table: Table) -> rich.table.Table:
    grid = rich.table.Table(*table.header, title=table.caption, title_justify="left")
    for row in table.rows:
        grid.add_row(*map(Text, row))
    return grid


def _facts(trained: Mapping[str, TrainedSweep], before: Mapping[str, str]) -> dict[str, str]:
    """What the page states beside the findings; `before` is what it stated after the last run."""
    facts = {}
    for name, (dataset, n_new, seconds) in trained.items():
        label, earlier = f"Training, {name}", f"Time taken, {name}"
        found = f"{dataset['status'].size:,} models, found on disk"
        facts[label] = f"{n_new:,} models in {seconds:.1f} s" if n_new else found
        time_taken = before.get(earlier, before.get(label, found))
        if not n_new and time_taken != found:
            facts[earlier] = time_taken
        facts[f"Sensitive to rounding, {name}"] = _fragile_of(dataset)
        last = at_the_end(dataset)
        if "loss_standard_error" in last:
            facts[f"Standard error of the loss, {name}"] = _standard_error_of(last)
    return facts | {key.replace("_", " "): text or "none" for key, text in fingerprint().items()}


def _fragile_of(dataset: Any) -> str:
    """How many members are sensitive to rounding, in words."""
    if "fragile" not in dataset:
        return "not checked"
    return f"{int(dataset['fragile'].sum()):,} of {dataset['fragile'].size:,} models"


def _standard_error_of(last: Any) -> str:
    """How well the losses after the last block are known, by which models are compared, in words.

    That of a loss of 0 is left out, and the text is "not known" where no member is finished.
    """
    ratio = (last["loss_standard_error"] / abs(last["loss"])).where(store.finished(last))
    known = ratio.to_numpy()[np.isfinite(ratio.to_numpy())]
    if not known.size:
        return "not known"
    return f"at most {100 * known.max():.2g} % of it" if known.max() else "none"


def _report_failures(trained: Mapping[str, TrainedSweep], console: Console) -> int:
    """Count what is sensitive to rounding, name what is not ok; 3 if anything is not, else 0."""
    code = 0
    for name, result in trained.items():
        dataset = result.dataset
        advice = f"; {ADVICE}" if "fragile" in dataset and dataset["fragile"].any() else ""
        text = f"sensitive to rounding {name}: {_fragile_of(dataset)}{advice}"
        console.print(text, soft_wrap=True)
        status = dataset["status"]
        for index in zip(*(status != "ok").to_numpy().nonzero(), strict=True):
            member = status[index]
            where = ", ".join(f"{dim}={label_text(member[dim].item())}" for dim in status.dims)
            console.print(f"failed  {name}: {where}: {member.item()}", soft_wrap=True)
            code = 3
    return code
