"""`python -m experiments.bench.kernels [--write]`: what an update is compiled to for a GPU.

It counts the kernels of an update and the bytes that they move, of superpos and of a plain vmap,
and times nothing. The programs are compiled for the GPU at hand; where there is none, for an H100
without a device, if JAX's plug-in for CUDA is installed, as in the environment of `make kernels`.
`--write` renews the committed page, experiments/bench/RESULTS-KERNELS.md.
"""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
from jax.extend.core import jaxpr_as_fun

from experiments.bench import ours, peers, written
from experiments.bench.card import BANDWIDTH, Card, card
from experiments.bench.cases import BATCH_SIZE, CASES, Case
from experiments.bench.contestants import ONE_SEED, SEED_EACH
from experiments.bench.hlo import Kernel, kernels_of_update
from experiments.bench.text import ABSENT, TextTable, markdown_rows, three

PAGE = Path(__file__).with_name("RESULTS-KERNELS.md")
PLAIN = "jax vmap of scan"
N_STEPS = 100
"""Updates of the loop whose body is read."""
Program = tuple[Callable[..., Any], Sequence[Any]]
"""A function and its arguments, of which shapes and dtypes matter."""


def main(arguments: list[str]) -> int:
    """Compile all programs and print the table.

    Args:
        arguments: `--write`, or nothing.

    Returns:
        0, or 2 for an unknown argument or where nothing compiles for a GPU.
    """
    return written.run(arguments, __doc__, PAGE, lambda _: _counted())


def _counted() -> str | None:
    """The page of all cases; None where nothing compiles for a GPU."""
    of = card()
    if of is None:
        print("JAX: expected its plug-in for CUDA, as `make kernels` installs it", file=sys.stderr)
        return None
    return page(of, {case: measure(case, of) for case in CASES})


def measure(case: Case, of: Card) -> dict[str, list[Kernel]]:
    """The kernels of an update of a case, by program."""
    print(case.name, file=sys.stderr)
    return {
        name: kernels_of_update(of.compiled(*program)) for name, program in programs(case).items()
    }


def programs(case: Case) -> dict[str, Program]:
    """What is compiled for a case."""
    found: dict[str, Program] = {}
    for name, seed_each in ((ONE_SEED, False), (SEED_EACH, True)):
        block = ours.block_of_updates(case, N_STEPS, seed_each=seed_each)
        found[name] = jaxpr_as_fun(block), block.in_avals
    keys = jax.eval_shape(lambda: jax.random.split(jax.random.key(0), case.n_models))
    densities = jax.ShapeDtypeStruct((case.n_models,), "float32")
    found[PLAIN] = peers.plain(case, N_STEPS), (keys, densities)
    return found


def page(of: Card, found: Mapping[Case, Mapping[str, Sequence[Kernel]]]) -> str:
    """The Markdown of the results."""
    how = "at hand" if of.target is None else "without a device"
    columns = ["case", "", "kernels", "of them products", "MB moved", "µs by bytes alone"]
    rows = [
        [case.name, name, *_row(kernels, of)]
        for case, by_program in found.items()
        for name, kernels in by_program.items()
    ]
    table = TextTable("Kernels", columns, rows)
    return f"""# Kernels of an update

Written by `python -m experiments.bench.kernels --write` (`make kernels`); do not edit. Each program
is compiled for {of.name}, {how}, by JAX {jax.__version__}, on {time.strftime("%Y-%m-%d")}. The
kernels are those in the body of its loop over updates, of batches of {BATCH_SIZE}; `one seed` and
`a seed each` are as in RESULTS-GPU.md.

**These are counts, and no times.** A kernel takes a microsecond or two to launch, however little it
does; the bytes alone take what the last column says at the bandwidth of the card. Each array that a
kernel reads or writes counts once, of the table of all keys the one row that is read; what is in a
cache costs less. Arithmetic is not counted. Without a device nothing is tuned: XLA takes the tiles
of products by rule. A product of matrices is a kernel of Triton's or of a library's; small ones are
sums within other kernels.

{markdown_rows(table, n_left=2)}
"""


def _row(kernels: Sequence[Kernel], of: Card) -> list[str]:
    """Kernels, products, megabytes, and microseconds at the bandwidth of the card."""
    n_bytes = sum(each.n_bytes for each in kernels)
    made_by = [each.product for each in kernels if each.product]
    products = [f"{made_by.count(name)} {name}" for name in sorted({*made_by})]
    bandwidth = BANDWIDTH.get(of.name)
    return [
        f"{len(kernels)}",
        ", ".join(products) or ABSENT,
        three(n_bytes / 1e6),
        three(1e6 * n_bytes / bandwidth) if bandwidth else ABSENT,
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
