"""What a benchmark of autoencoders found, made by hand."""

from typing import Any

from experiments.bench.saes import tables, targets
from experiments.bench.saes.targets import OURS, SAELENS


def of_saes() -> dict[str, Any]:
    us = {OURS: 2.0, SAELENS: 22.0, "plain PyTorch": 5.0}
    rows = [
        {"case": "16→32 L1 x 16", "flops": 5120, "us_per_sae_sample": us},
        {"case": "256→1,024 L1 x 16", "flops": 2_621_440, "us_per_sae_sample": {OURS: 30.0}},
    ]
    grown = {"us_per_sae_sample": 1.5, "mib_of_member": 0.25, "n_members": 4}
    grown |= {"d_code": 64, "batch_size": 256}
    return {
        "cases": rows,
        "peak_gflops": 100.0,
        "targets": targets.judged(rows, 100.0),
        "growth": dict.fromkeys(tables.GROWTH, [grown]),
        "selection": [{"of": "an example", "k": 8, "ms": {"bisection": 22.0, "sort": 641.0}}],
    }
