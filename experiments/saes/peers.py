"""What SAELens makes of claims that do not reproduce, beside which it is shown.

`make peers` trains it on the batches that superpos drew, measures with the same code and writes
`peers.json` (experiments/bench/saes/beside.py).
"""

import functools
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from superpos.app.claims.ledger import Claim
from superpos.app.claims.shown import number_text

FILE = Path(__file__).with_name("peers.json")


def beside_peers(claims: Mapping[str, Claim]) -> dict[str, Claim]:
    """Claims of an experiment, with what peers measured as a part of what is known of them.

    Args:
        claims: key -> claim.
    """
    return {key: replace(claim, history=_history(claim)) for key, claim in claims.items()}


@functools.cache
def stored() -> dict[str, Any]:
    """What `peers.json` says: when and how, the versions, the sizes, and claim id -> peer -> value.

    A value is None where it is undefined, as of a band where there is none.
    """
    return json.loads(FILE.read_text())


def _history(claim: Claim) -> str:
    found = stored()["claims"].get(claim.id, {})
    if not found:
        return claim.history
    told = ", ".join(
        f"{peer} {'undefined' if value is None else number_text(value)}"
        for peer, value in found.items()
    )
    experiment = claim.id.rsplit("/", 1)[0]
    said = f"on the same data, that of {experiment}: {told}"
    return f"{claim.history}; {said}" if claim.history else said
