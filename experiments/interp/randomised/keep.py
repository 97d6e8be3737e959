"""Keep what a run of SmolLM2 found, as the page shows it: `python -m ... FOLDER`.

python -m experiments.interp.randomised.keep outputs/full/interp/smollm2
"""

import datetime
import json
import sys
from pathlib import Path

from superpos.app.findings import Table
from superpos.app.report import stored

FILE = Path(__file__).parent / "smollm2.json"


def write(folder: Path, file: Path = FILE) -> None:
    """Keep the tables of a run, the values of its claims, its command and the date.

    Raises:
        StoreError: the folder holds no finished run; one line.
    """
    run = stored.read(folder)
    day = datetime.datetime.fromtimestamp((folder / "claims.json").stat().st_mtime, datetime.UTC)
    claims = {row["id"].rsplit("/", 1)[1]: row["measured"] for row in run.records}
    kept = {
        "date": day.date().isoformat(),
        "command": run.config["command"],
        "claims": claims,
        "tables": [table._asdict() for table in run.tables],
    }
    file.write_text(json.dumps(kept, indent=1, allow_nan=False) + "\n")


def tables(file: Path = FILE) -> list[Table]:
    """The tables that were kept, and one of the values that claims are about."""
    kept = json.loads(file.read_text())
    where = f"SmolLM2 (135 million parameters, Q4_1), run on {kept['date']}: "
    values = [
        [name, "not measured" if value is None else f"{value:.3f}"]
        for name, value in kept["claims"].items()
    ]
    found = [Table(**{**table, "caption": where + table["caption"]}) for table in kept["tables"]]
    caption = f"{where}what the claims above are about; `{kept['command']}`."
    return [*found, Table(caption, ["Claim", "Measured"], values)]


if __name__ == "__main__":
    write(Path(sys.argv[1]))
