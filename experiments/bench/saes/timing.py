"""What is timed of sparse autoencoders: microseconds per SAE-sample, growth, memory and selection.

`python -m experiments.bench.saes.timing` prints it for a small case, to see that all runs.
"""

import statistics
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jax
import numpy as np

from experiments.bench import timing
from experiments.bench.peak import normal, peak_gflops, seconds_each
from experiments.bench.saes import ours, selection
from experiments.bench.saes.cases import (
    BATCHES,
    CASES,
    DENSITY,
    L1,
    LEARNING_RATE,
    MEMBERS,
    WIDTHS,
    K,
    SaeCase,
)
from experiments.bench.saes.peers import Ask, peers
from experiments.bench.saes.targets import OURS, judged
from superpos.types import Array

PEERS = ("SAELens", "plain PyTorch")
N_TIMES = 32
"""Updates whose products are timed at once."""


def saes(cases: Sequence[SaeCase] = CASES) -> dict[str, Any]:
    """Everything that is measured of autoencoders; without a parity environment of ours alone."""
    with peers() as ask:
        found: dict[str, Any] = {"peers": ask({})["versions"] if ask else None}
        found["peak_gflops"] = peak_gflops()
        found["cases"] = [measured(case, ask) for case in cases]
        found["growth"] = dict(growth())
        found["selection"] = selection.selection(ask)
    found["targets"] = judged(found["cases"], found["peak_gflops"])
    return found


def measured(case: SaeCase, ask: Ask | None) -> dict[str, Any]:
    """Microseconds per SAE-sample of each contestant, in turn."""
    with given_rows(case) as path:
        own = ours.prepare(case, case.n_steps(case.n_members))
        who = {OURS: timing.Prepared(own.run, case.n_samples(case.n_members), 0.0)}
        if ask is not None:
            who |= {name: _peer(case, name, path, ask) for name in PEERS}
        us = timing.samples(who)
    return {
        "case": case.name,
        "flops": case.flops,
        "products_us": products_us(case),
        "us_per_sae_sample": {name: statistics.median(values) for name, values in us.items()},
        "samples": us,
        "bytes_of_member": own.bytes_of_member,
    }


@contextmanager
def given_rows(case: SaeCase) -> Iterator[Path]:
    """A file with the rows that every contestant is given."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.npy"
        np.save(path, ours.rows(case))
        yield path


def _peer(case: SaeCase, name: str, path: Path, ask: Ask) -> timing.Prepared:
    n_steps = case.n_steps(1)
    settings = {"k": K, "l1": L1, "learning_rate": LEARNING_RATE, "density": DENSITY}
    key = f"{name}, {case.name}"
    about = {"prepare": key, "who": name, "n_steps": n_steps, "rows": str(path)}
    ask({**case._asdict(), **settings, **about})
    return timing.Prepared(lambda: ask({"run": key}), case.n_samples(1), 0.0)


def growth() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """How the cost of superpos grows: with members, with width and with the batch."""
    for name, cases in (("members", MEMBERS), ("widths", WIDTHS), ("batches", BATCHES)):
        yield name, series(cases)


def series(cases: Iterable[SaeCase]) -> list[dict[str, Any]]:
    """Microseconds per SAE-sample and memory of a member, case by case."""
    own = {case: ours.prepare(case, case.n_steps(case.n_members)) for case in cases}
    who = {
        case.name + str(case.batch_size): timing.Prepared(
            each.run, case.n_samples(case.n_members), 0.0
        )
        for case, each in own.items()
    }
    us = timing.samples(who, 3)
    return [
        {
            **case._asdict(),
            "us_per_sae_sample": statistics.median(us[case.name + str(case.batch_size)]),
            "mib_of_member": each.bytes_of_member / 2**20,
        }
        for case, each in own.items()
    ]


def products_us(case: SaeCase) -> float:
    """Microseconds per SAE-sample of the five dense products of an update, one after another."""

    def products(x: Array, *carried: Array) -> Any:
        def update(_: int, carried: tuple[Array, ...]) -> tuple[Array, ...]:
            code, error, encoder, decoder = carried
            hidden = x @ encoder + error @ decoder.T  # the sum, so that both are needed
            return hidden, code @ decoder, x.T @ code, code.T @ error

        return jax.lax.fori_loop(0, N_TIMES, update, carried)

    b, d, n = case.batch_size, case.d_in, case.d_code
    sizes = (b, d), (b, n), (b, d), (d, n), (n, d)
    arrays = (normal(*size) / np.float32(size[0]) for size in sizes)
    return 1e6 * seconds_each(products, *arrays) / (N_TIMES * b)


if __name__ == "__main__":
    import json

    from experiments.bench import machine

    machine.set_up()
    small = SaeCase("topk", 8, 16, 4, 64)
    with peers() as _ask:
        print(json.dumps(measured(small, _ask), indent=1))
