"""What was measured of autoencoders, as tables of text."""

from collections.abc import Iterator, Mapping
from typing import Any

from experiments.bench.saes.targets import OURS, part_of_peak
from experiments.bench.text import ABSENT, TextTable, three

GROWTH = {
    "members": ("Growth with members, 64→256 L1", "n_members"),
    "widths": ("Growth with the width, 64 inputs, L1 x 16", "d_code"),
    "batches": ("Growth with the batch, 64→256 L1 x 16", "batch_size"),
}

SHOWN = ("measured", "by_products")


def tables(found: Mapping[str, Any]) -> Iterator[TextTable]:
    """All tables.

    Args:
        found: as in outputs/bench-saes.json.
    """
    names = list(dict.fromkeys(name for row in found["cases"] for name in row["us_per_sae_sample"]))
    yield TextTable(
        "Microseconds per SAE-sample, and how many times faster superpos is",
        ["case", *names, *(f"over {name}" for name in names if name != OURS), "part of the peak"],
        [_case(row, names, found["peak_gflops"]) for row in found["cases"]],
    )
    rows = [
        [
            each["case"],
            each["what"],
            f"≥ {each['at_least']:g}",
            *(ABSENT if each[name] is None else three(each[name]) for name in SHOWN),
            each["verdict"],
        ]
        for each in found["targets"]
    ]
    yield TextTable(
        "Targets", ["case", "", "target", "measured", "products alone", "verdict"], rows
    )
    for name, (title, own) in GROWTH.items():
        rows = [
            [f"{row[own]:,}", three(row["us_per_sae_sample"]), three(row["mib_of_member"])]
            for row in found["growth"][name]
        ]
        yield TextTable(title, [own, "µs per SAE-sample", "MiB a member"], rows)
    ways = list(found["selection"][0]["ms"])
    rows = [
        [row["of"], f"{row['k']:,}", *map(three, row["ms"].values())] for row in found["selection"]
    ]
    title = "Selection from 1,024 examples of 256 numbers, milliseconds"
    yield TextTable(title, ["the largest of", "k", *ways], rows)


def _case(row: Mapping[str, Any], names: list[str], peak_gflops: float) -> list[str]:
    us = row["us_per_sae_sample"]
    times = [
        f"{us[name] / us[OURS]:.1f}" if name in us else ABSENT for name in names if name != OURS
    ]
    own = [three(us[name]) if name in us else ABSENT for name in names]
    return [row["case"], *own, *times, f"{100 * part_of_peak(row, peak_gflops):.0f} %"]
