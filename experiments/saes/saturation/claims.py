"""What is claimed of a coefficient that grows."""

import numpy as np

from experiments.saes.saturation.measure import Saturation
from superpos.app.claims.ledger import Origin, Verdict, claims_of

LEAST, MIDDLE, LARGE, LARGEST = 1e-3, 0.1, 1.0, 100.0
"""Coefficients that are compared."""
ACTS = 3.0
"""How much L0 falls from the least to the middle one if the coefficient acts."""

CLAIMS = claims_of(
    "saes/saturation",
    (
        ("falls", "up to 0.1 the coefficient acts: L0 at 1e-3 over that at 0.1 (there 10.2)", ">=",
         ACTS, 0),
        ("flat", "from 1 on it does not: part of the whole fall of log L0 from 1e-3 to 100 that is"
         " over at 1 (there 0.99)", ">=", 0.9, 0),
        ("reach", "where it does not, thresholds have gone as far as Adam lets them: mean threshold"
         " at 100 over its start and all updates together (there 0.94)", "=", 1, 0.2),
    ),
    paper="SAELens, issue 719",
    section="sweep of the coefficient",
    setting="64 features in 32 dimensions, 3.2 on, 128 latents, batches of 128; Adam at 3e-4, 2,000"
    " updates, bandwidth 0.05, as there; their data and size are not given",
    origin=Origin("paper", "before"),
) | claims_of(
    "saes/saturation",
    (
        ("floor_moves", "so the floor is none of the penalty: at 10/3 of the learning rate L0 at"
         " 100 is lower; ratio of both", ">=", 1.5, 0),
    ),
    paper="our own",
    section="-",
    setting="Adam at 3e-4 and 1e-3",
    origin=Origin("ours", "before"),
)  # fmt: skip


def judge(measured: Saturation) -> list[Verdict]:
    """Verdicts at the smaller rate; not run where a coefficient is not there."""
    least, middle, large, largest = map(measured.at, (LEAST, MIDDLE, LARGE, LARGEST))
    falls = flat = reach = moves = None
    if least is not None and middle is not None:
        falls = least[0] / middle[0]
    if largest is not None:
        reach = measured.threshold[0, -1] / measured.furthest[0]
        moves = largest[0] / largest[-1] if len(measured.rate) > 1 else None
    if falls is not None and least is not None and large is not None and largest is not None:
        logs = np.log([least[0] / large[0], least[0] / largest[0]])
        flat = logs[0] / logs[1] if falls >= ACTS else np.nan  # nothing is over if nothing falls
    listed = "; ".join(
        f"rate {rate:.3g}: {', '.join(f'{value:.3g}' for value in row)}"
        for rate, row in zip(measured.rate, measured.l0, strict=True)
    )
    return [
        CLAIMS["falls"].judge(falls, f"L0 {listed}"),
        CLAIMS["flat"].judge(flat),
        CLAIMS["reach"].judge(reach),
        CLAIMS["floor_moves"].judge(moves),
    ]
