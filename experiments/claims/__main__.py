"""`python -m experiments.claims`: run every experiment that has claims, and print one table.

Each experiment is a process of its own that resumes what is on disk; the records of all of them go
to outputs/claims.json. The exit code is 0 even when a claim does not hold: the ledger says so.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from experiments import boundary
from experiments.claims import ledger


def main() -> int:
    """Run all experiments with claims.

    Returns:
        The highest exit code of the experiments.
    """
    console, records, code = Console(), [], 0
    for name in with_claims():
        console.rule(name)
        command = [sys.executable, "-m", "experiments", f"experiment={name}"]
        code = max(code, subprocess.run(command, check=False).returncode)
        records += collect(Path(boundary.compose([f"experiment={name}"])["output_dir"]))
    console.rule("all claims")
    ledger.write(Path("outputs/claims.json"), records)
    console.print(ledger.table(records))
    held = sum(record["reproduced"] is True for record in records)
    console.print(f"{held} of {len(records)} claims reproduced; outputs/claims.json")
    return code


def with_claims() -> list[str]:
    """Experiments whose analysis judges claims: all but `train`."""
    return [name for name in boundary.experiments() if name != "train"]


def collect(folder: Path) -> list[dict[str, Any]]:
    """The records that a run left in its folder; none when it failed."""
    path = folder / "claims.json"
    return ledger.read(path) if path.exists() else []


if __name__ == "__main__":
    sys.exit(main())
