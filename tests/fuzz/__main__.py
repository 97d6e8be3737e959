"""`make fuzz`: random input to every reader; what is found is kept in cases/.

Hypothesis makes each case smaller before it is kept. `test_cases.py` replays what was kept.
"""

import hashlib
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz.targets import TARGETS, Target, check

CASES = Path(__file__).parent / "cases"
SECONDS = 600.0


def main(seconds: float) -> int:
    """Try every reader for its share of the time.

    Returns:
        0, or 1 where something was found.
    """
    found = 0
    for name, target in TARGETS.items():
        start, tried = time.monotonic(), 0
        while time.monotonic() - start < seconds / len(TARGETS):
            case, error = search(target)
            tried += 50
            if error is not None:
                found += 1
                keep(name, case, error)
                break
        print(f"{name}: about {tried:,} cases")
    return int(found > 0)


def search(target: Target) -> tuple[Any, Exception | None]:
    """Fifty random cases; the smallest that is not refused as it should be, and why."""
    last: list[Any] = [None]

    @settings(
        max_examples=50,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(target.cases)
    def tried(case: Any) -> None:
        last[0] = case
        with tempfile.TemporaryDirectory() as folder:
            check(target, case, Path(folder))

    try:
        tried()
    except Exception as error:
        return last[0], error
    return None, None


def keep(name: str, case: Any, error: Exception) -> None:
    """Write a case down, for `test_cases.py`."""
    text = json.dumps({"target": name, "case": case}, indent=1)
    path = CASES / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:8]}.json"
    path.write_text(text + "\n")
    print(f"{path}: {type(error).__name__}: {' '.join(str(error).split())[:200]}")


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS))
