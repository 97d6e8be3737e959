"""Small results that the site shows: kept in docs/kept/, from finished runs in outputs/.

`python -m docs.keep elhage/intro ...` keeps the claims of these experiments, and their first
figure in at most 256 colours. `python -m docs.keep` keeps the claims of all others, without
figures, after `make claims`. A run at another setting than the registered one is refused.
"""

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

from superpos.app.claims import ledger

KEPT = Path(__file__).resolve().parent / "kept"
LEDGER = "claims.json"
OTHERS = "others.json"
"""The claims of all other experiments, a line each."""
FIELDS = (
    *("id", "statement", "relation", "claimed", "tolerance", "source", "written", "identity"),
    *("measured", "reproduced"),
)
"""What such a line has, in this order."""
WIDTH = 1440
"""Pixels across of the widest figure that is kept: two for each of the column of the site."""


class Kept(NamedTuple):
    """What is kept of an experiment.

    Attributes:
        records: of its claims.
        figure: path, alternative text and caption of its first figure; None where none is kept.
    """

    records: list[dict[str, Any]]
    figure: tuple[Path, str, str] | None


def read(name: str) -> Kept | None:
    """What is kept of an experiment, or None."""
    folder = KEPT / name
    if not (folder / LEDGER).is_file():
        found = [record for record in _others() if _experiment(record) == name]
        return Kept(found, None) if found else None
    records, figure = ledger.read(folder / LEDGER), None
    if (folder / "figure.json").is_file():
        told = json.loads((folder / "figure.json").read_text())
        figure = folder / "figure.png", told["alt"], told["caption"]
    return Kept(records, figure)


def keep(name: str, outputs: Path) -> None:
    """Keep what a finished run left in its folder.

    Raises:
        ValueError: If the run was at another setting.
    """
    records = _registered(ledger.read(outputs / name / LEDGER))
    folder = KEPT / name
    folder.mkdir(parents=True, exist_ok=True)
    ledger.write(folder / LEDGER, records)
    figures = json.loads((outputs / name / "figures.json").read_text())["figures"]
    if figures:
        first = figures[0]
        _shrink(outputs / name / first["name"], folder / "figure.png")
        told = {key: first[key] for key in ("alt", "caption")}
        (folder / "figure.json").write_text(json.dumps(told, indent=2) + "\n")


def keep_others(outputs: Path) -> None:
    """Keep the claims of all experiments of which no figure is kept, after `make claims`.

    Raises:
        ValueError: If a run was at another setting.
    """
    records = _registered(ledger.read(outputs / LEDGER))
    lines = [
        json.dumps([record[field] for field in FIELDS], ensure_ascii=False)
        for record in records
        if not (KEPT / _experiment(record) / LEDGER).is_file()
    ]
    (KEPT / OTHERS).write_text("[\n" + ",\n".join(lines) + "\n]\n")


def _others() -> list[dict[str, Any]]:
    path = KEPT / OTHERS
    rows = json.loads(path.read_text()) if path.is_file() else []
    return [dict(zip(FIELDS, row, strict=True)) for row in rows]


def _registered(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Records of runs at the registered setting; those of another are refused."""
    for each in records:
        if changed := each["changed"]:
            raise ValueError(
                f"{_experiment(each)}: expected a run at the registered setting, not {changed}"
            )
    return records


def _experiment(record: dict[str, Any]) -> str:
    return record["id"].rpartition("/")[0]


def _shrink(path: Path, to: Path) -> None:
    """Write a figure with fewer pixels, and with the colours that are nearest to all of its own.

    MEDIANCUT, the default, has none for the few pixels of a thin line.
    """
    from PIL import Image  # of matplotlib

    image = Image.open(path).convert("RGB")
    image.thumbnail((WIDTH, WIDTH * 2))
    image.quantize(256, Image.Quantize.MAXCOVERAGE, 1, dither=Image.Dither.NONE).save(
        to, optimize=True
    )


if __name__ == "__main__":
    for each in sys.argv[1:]:
        keep(each, Path("outputs"))
    if not sys.argv[1:]:
        keep_others(Path("outputs"))
