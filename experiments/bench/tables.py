"""A report as tables of text, the ratios first, for the terminal and for the committed page."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from experiments.bench.cases import BATCH_SIZE
from experiments.bench.contestants import ONE_SEED, OURS, SEED_EACH
from experiments.bench.members import N_STEPS, training_us
from experiments.bench.targets import ratio
from experiments.bench.text import ABSENT, TextTable, three

GROWTH = {
    "models": ("Growth with the number of models: 5→2", ("models",)),
    "features": ("Growth with features: 16 models, m = n / 4", ("features", "hidden")),
    "batch": ("Growth with the batch: 5→2 x 64", ("batch",)),
}
"""What is swept in each table of costs: its title and its own columns."""


def tables(report: Mapping[str, Any]) -> list[TextTable]:
    """All tables of a report.

    Args:
        report: `targets` and `cases`, and what was measured of the parts, as in
            outputs/bench.json.

    Returns:
        Ratios, targets, medians, floors, seconds to compile, memory, growth, members and launchers.
    """
    cases = report["cases"]
    found = [
        ratios(cases),
        targets(report["targets"]),
        per_contestant(
            f"Microseconds per model-step, batch {BATCH_SIZE}, median of repeats",
            cases,
            "us_per_model_step",
            three,
        ),
        *([floors(report["floors"], cases)] if "floors" in report else []),
        per_contestant(
            "Seconds to prepare, with no compiled program kept", cases, "prepare_s", "{:.1f}".format
        ),
    ]
    if "memory" in report:
        title = "Peak memory beyond that of a warm-up, MiB, compiling included"
        found.append(per_contestant(title, report["memory"], "mib", "{:.0f}".format))
    if "growth" in report:
        found += growth(report["growth"])
    if "members" in report:
        found.append(members(report["members"]))
    if "launchers" in report:
        found.append(launchers(report["launchers"]))
    return found


def ratios(cases: Sequence[Mapping[str, Any]]) -> TextTable:
    """How many times faster superpos is than each peer, in each way that it was run."""
    peers = [name for name in _names(cases, "us_per_model_step") if name not in OURS]
    rows = [
        [row["case"], name, *(_text(ratio(row, name, peer), "{:.1f}".format) for peer in peers)]
        for row in cases
        for name in OURS
        if name in row["us_per_model_step"]
    ]
    return TextTable("Times faster: superpos over its peers", ["case", "", *peers], rows)


def targets(judged: Sequence[Mapping[str, Any]]) -> TextTable:
    """Each target and its verdict."""
    rows = [
        [
            each["case"],
            each["what"],
            f"≥ {each['at_least']:g}",
            _text(each["measured"], three),
            each["verdict"],
        ]
        for each in judged
    ]
    return TextTable("Targets", ["case", "", "target", "measured", "verdict"], rows)


def per_contestant(
    title: str, rows: Sequence[Mapping[str, Any]], key: str, write: Callable[[float], str]
) -> TextTable:
    """One number for each case and contestant."""
    names = _names(rows, key)
    text = [[row["case"], *(_text(row[key].get(name), write) for name in names)] for row in rows]
    return TextTable(title, ["case", *names], text)


def floors(found: Mapping[str, Any], cases: Sequence[Mapping[str, Any]]) -> TextTable:
    """The least that a model-step can take beside what it takes."""
    measured = {row["case"]: row["us_per_model_step"] for row in cases}
    rows = []
    for row in found["cases"]:
        products, drawn = row["products_us"], row["random_us"]
        floor = {ONE_SEED: products + drawn / row["n_models"], SEED_EACH: products + drawn}
        parts = [products, row["products_alone_us"], drawn]
        text = [_text(value, three) for value in parts]
        for name, least in floor.items():
            us = measured.get(row["case"], {}).get(name)
            text += [three(least), ABSENT if us is None else f"{100 * least / us:.0f} %"]
        rows.append([row["case"], *text])
    columns = ["case", "products at the peak", "products alone", "random numbers"]
    columns += [
        word for way in ("one seed", "a seed each") for word in (f"floor, {way}", "reached")
    ]
    title = "Floors: microseconds of a model-step, by products and random numbers alone"
    return TextTable(title, columns, rows)


def members(rows: Sequence[Mapping[str, Any]]) -> TextTable:
    """What a sweep of many short runs costs."""
    columns = ["members", "seconds", "of it compiling", "µs per model-step", "peak MiB"]
    columns += ["store MiB", "files", "seconds to open it"]
    text = [
        [
            f"{row['members']:,}",
            f"{row['seconds']:.1f}",
            f"{row['compile_s']:.1f}",
            three(training_us(row)),
            f"{row['peak_mib']:.0f}",
            f"{row['store_mib']:.1f}",
            f"{row['files']:,}",
            f"{row['open_s']:.2f}",
        ]
        for row in rows
    ]
    title = f"Growth with the members of a sweep with a store: 5→2, {N_STEPS} updates"
    return TextTable(title, columns, text)


def growth(series: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[TextTable]:
    """How the cost grows, and what blocks cost."""
    for name, (title, own) in GROWTH.items():
        rows = [
            [
                *(f"{row[key]:,}" for key in own),
                three(row["us_per_model_step"]),
                f"{row['compile_s']:.1f}",
            ]
            for row in series[name]
        ]
        yield TextTable(title, [*own, "µs per model-step", "compile s"], rows)
    rows = [
        [f"{row['steps']:,}", three(row["seconds"]), three(1e6 * row["seconds"] / row["steps"])]
        for row in series["steps"]
    ]
    title = "Growth with steps: 5→2 x 16 in blocks of 100"
    yield TextTable(title, ["steps", "seconds", "µs per step of all"], rows)
    rows = [[f"{row['block']:,}", f"{row['cost_percent']:+.1f} %"] for row in series["blocks"]]
    title = "Cost of blocks against a single scan: 5→2 x 100"
    yield TextTable(title, ["updates in a block", "cost"], rows)


def launchers(rows: Sequence[Mapping[str, Any]]) -> TextTable:
    """What a multirun costs under each launcher of Hydra."""
    [ours] = [row["seconds_per_job"] for row in rows if row["launcher"] == "vmap"]
    text = [
        [
            row["launcher"],
            f"{row['jobs']:,}",
            f"{row['seconds']:.1f}",
            f"{1e3 * row['seconds_per_job']:,.0f}",
            f"{row['seconds_per_job'] / ours:.1f}",
        ]
        for row in rows
    ]
    columns = ["launcher", "jobs", "seconds", "ms per job", "times vmap"]
    return TextTable("Multirun of a 20-step toy model, two shapes, Hydra included", columns, text)


def _names(rows: Sequence[Mapping[str, Any]], key: str) -> list[str]:
    """Contestants, in the order in which they appear."""
    return list(dict.fromkeys(name for row in rows for name in row[key]))


def _text(value: float | None, write: Callable[[float], str]) -> str:
    return ABSENT if value is None else write(value)
