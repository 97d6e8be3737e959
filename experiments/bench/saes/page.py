"""The committed page of sparse autoencoders, written from the numbers of a report."""

from collections.abc import Mapping
from typing import Any

from experiments.bench import page as shared
from experiments.bench.saes.tables import tables

INTRO = """# Benchmarks of sparse autoencoders

Written by `make bench`; do not edit. superpos trains 16 autoencoders at once on one stream;
SAELens 6.54.12 and a plain PyTorch loop train one after another, of the same size, with the same
optimiser. The peers run in the environment of `make parity`, in the same turns, each with all
cores. A number is the median of 5 turns. An SAE-sample is an example that one autoencoder has seen.
Part of the peak: the five dense products of an update against the product of two squares of 1,024.
Products alone: what would be measured if an update took no longer than these products, one
autoencoder on each device, as XLA computes them.
torch.topk gives values and indices, bisection a mask.
"""


def page(report: Mapping[str, Any]) -> str:
    """The Markdown of a report, as in outputs/bench-saes.json."""
    parts = [INTRO, shared.markdown(shared.where(report["machine"])), remarks(report)]
    return "\n".join([*parts, *map(shared.markdown, tables(report))])


def remarks(report: Mapping[str, Any]) -> str:
    """What the tables mean for the targets, in sentences."""
    lines = shared.misses(report["targets"])
    if report["peers"] is None:
        lines.append("Peers: not measured, no .venv-parity (`make parity`).")
    else:
        versions = ", ".join(f"{name} {version}" for name, version in report["peers"].items())
        lines.append(f"Peers: {versions}.")
    lines.append(f"The peak: {report['peak_gflops']:.0f} GFLOP/s.")
    return shared.listed(lines)
