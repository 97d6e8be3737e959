"""Keep what a run of SmolLM2 found, which takes long, as a small file that pages show.

python -m experiments.interp.randomised.keep outputs/full/interp/smollm2
"""

import datetime
import json
import sys
from pathlib import Path

from superpos.app.findings import Table
from superpos.app.report import stored
from superpos.store.files import commit

FILE = Path(__file__).with_name("smollm2.json")
WHICH = "SmolLM2 (135 million parameters, Q4_1)"


def write(folder: Path, file: Path = FILE) -> None:
    """Keep the tables of a run, the values that its claims are about, its command and the date.

    Args:
        folder: of the run.
        file: where it is kept.

    Raises:
        StoreError: the folder holds no finished run; one line.
    """
    run = stored.read(folder)
    day = datetime.datetime.fromtimestamp((folder / "claims.json").stat().st_mtime, datetime.UTC)
    kept = {
        "date": day.date().isoformat(),
        "command": run.config["command"],
        "facts": run.facts,
        "claims": {row["id"]: row["measured"] for row in run.records},
        "tables": [table._asdict() for table in run.tables if WHICH not in table.caption],
    }
    commit(file, (json.dumps(kept, indent=1, allow_nan=False) + "\n").encode())


def tables(file: Path = FILE) -> list[Table]:
    """The values that claims are about, and the tables that were kept with them.

    Args:
        file: that `write` wrote.
    """
    kept = json.loads(file.read_text())
    where = f"{WHICH}, run on {kept['date']}"
    values = [
        [claim.rsplit("/", 1)[-1], "not measured" if value is None else f"{value:.3f}"]
        for claim, value in kept["claims"].items()
    ]
    caption = f"{where} by `{kept['command']}`: what the claims above are about, measured there."
    beside = [
        Table(**{**table, "caption": f"{where}: {table['caption']}"}) for table in kept["tables"]
    ]
    return [Table(caption, ["Claim", "Measured"], values), *beside]


if __name__ == "__main__":
    write(Path(sys.argv[1]))
