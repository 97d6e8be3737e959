"""The committed page, written from the numbers of a report."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from experiments.bench.cases import BATCH_SIZE, LEARNING_RATE, WEIGHT_DECAY
from experiments.bench.growth import BLOCK_CASE
from experiments.bench.launchers import STARTUP_SECONDS, TARGET_SECONDS
from experiments.bench.members import TOLERANCE, linear, planned
from experiments.bench.tables import tables
from experiments.bench.targets import BLOCK_COST_PERCENT, MISSED, PART_OF_PEAK, cheap_block
from experiments.bench.text import TextTable, markdown_rows
from experiments.bench.timing import REPEATS

PARTS = ("floors", "memory", "growth", "members", "launchers", "startup")
"""What a report may lack."""
MILLION = 1_000_000
ROWS = (
    ("date", "Date"),
    ("cpu", "Processor"),
    ("cores", "Cores"),
    ("device", "JAX device"),
    ("python", "Python"),
    ("superpos", "superpos"),
    ("jax", "JAX"),
    ("jaxlib", "jaxlib"),
    ("torch", "PyTorch"),
)


def page(report: Mapping[str, Any]) -> str:
    """The Markdown of a report.

    Args:
        report: `machine`, `targets` and `cases`, and what was measured of the parts, as in
            outputs/bench.json.
    """
    intro = f"""# Benchmarks

Written by `make bench`; do not edit. Each case trains the toy autoencoder with AdamW (learning rate
{LEARNING_RATE:g}, weight decay {WEIGHT_DECAY:g}) on fresh batches of {BATCH_SIZE}. Contestants take
turns in one process, and a number is the median of {REPEATS} turns. `one seed`: the models differ
in density and share their random numbers, as points of a grid do. `a seed each`: every model draws
its own numbers, as the models of the peers do. `one kernel`: the same with engine.kernel=pallas.
Products are in float32 everywhere (no TF32). Sparse autoencoders: RESULTS-SAES.md; agents:
RESULTS-AGENTS.md; forward passes of transformers: RESULTS-TRANSFORMER.md; a whole paper's grid:
RESULTS-GRID.md.
"""
    parts = [intro, markdown(where(report["machine"])), remarks(report)]
    return "\n".join([*parts, *map(markdown, tables(report))])


def where(machine: Mapping[str, str]) -> TextTable:
    """The machine that it was measured on."""
    return TextTable("Machine", ["", ""], [[title, machine[key]] for key, title in ROWS])


def misses(judged: Sequence[Mapping[str, Any]]) -> list[str]:
    """How many targets were missed, and each of these."""
    missed = [each for each in judged if each["verdict"] == MISSED]
    return [
        f"Targets: {len(missed)} of {len(judged)} missed.",
        *(
            f"Missed at {each['case']}: {each['what']}: {each['measured']:.3g};"
            f" {each['at_least']:g} was the target."
            for each in missed
        ),
    ]


def remarks(report: Mapping[str, Any]) -> str:
    """What the tables mean for the targets, in sentences."""
    lines = misses(report["targets"])
    if "growth" in report:
        lines.append(_cost_of_blocks(report["growth"]["blocks"]))
    if "floors" in report:
        lines += _products(report["floors"])
    if "members" in report:
        lines += _many(report["members"])
    for row in report.get("launchers", []):
        if row["launcher"] == "vmap":
            lines.append(
                f"A multirun of {row['jobs']:,} jobs under hydra/launcher=vmap took"
                f" {row['seconds']:.0f} s; {TARGET_SECONDS:.0f} s was the target."
            )
    if "startup" in report:
        lines.append(
            f"A command that trains for about a second takes {report['startup']:.1f} s when its"
            f" programs are kept; {STARTUP_SECONDS:.0f} s was the target."
        )
    lines += [f"Not measured: {part}." for part in PARTS if part not in report]
    return listed(lines)


def listed(lines: Sequence[str]) -> str:
    """Remarks under a heading, with the one that holds for every benchmark."""
    always = "Other work on the machine moves the numbers; ratios move less than times."
    return "\n".join(["## Remarks", "", *(f"- {line}" for line in (*lines, always)), ""])


def _cost_of_blocks(rows: Sequence[Mapping[str, Any]]) -> str:
    block, limit = cheap_block(rows), f"{BLOCK_COST_PERCENT:g} %"
    if block is None:
        return f"No block length that was measured costs less than {limit} against a single scan."
    return (
        f"Blocks of {block:,} updates or more cost less than {limit} against a single scan, at"
        f" {BLOCK_CASE.name}."
    )


def _products(found: Mapping[str, Any]) -> Iterator[str]:
    """How near to the peak the products are where they take most of the time."""
    yield f"The peak of a large product: {found['peak_gflops']:.0f} GFLOP/s."
    for row in found["cases"]:
        if row["products_alone_us"]:
            part = row["products_us"] / row["products_alone_us"]
            yield (
                f"Products of {row['case']}: {100 * part:.0f} % of the peak, one after another;"
                f" {100 * PART_OF_PEAK:.0f} % was the target."
            )


def _many(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """How the time of a sweep grows with its members, and what a million would take."""
    fewest, most = rows[0]["members"], rows[-1]["members"]
    yield (
        f"A sweep of {most:,} members takes {linear(rows):.2f} times as long for each as one of"
        f" {fewest:,}, compiling left out; {1 + TOLERANCE:g} was the target."
    )
    plan = planned(rows, MILLION)
    yield (
        f"{MILLION:,} members, by the growth of the last two rows (not run): {plan['seconds']:.0f}"
        f" s, {plan['peak_mib']:,.0f} MiB of memory and {plan['store_mib']:,.0f} of store, which"
        f" opens in {plan['open_s']:.0f} s."
    )


def markdown(table: TextTable) -> str:
    """A table under a heading; numbers stand to the right."""
    return f"## {table.title}\n\n{markdown_rows(table)}\n"
