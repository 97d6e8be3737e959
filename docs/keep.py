"""Small results that the site shows: kept in docs/kept/, from finished runs in outputs/.

`python -m docs.keep elhage/intro ...` keeps the claims of these experiments, and their first
figure in at most 256 colours. A run at another setting than the registered one is refused.
"""

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

from superpos.app.claims import ledger

KEPT = Path(__file__).resolve().parent / "kept"
WIDTH = 1440
"""Pixels across of the widest figure that is kept: two for each of the column of the site."""


class Kept(NamedTuple):
    """What is kept of an experiment.

    Attributes:
        records: of its claims.
        figure: path, alternative text and caption of its first figure; None where it has none.
    """

    records: list[dict[str, Any]]
    figure: tuple[Path, str, str] | None


def read(name: str) -> Kept | None:
    """What is kept of an experiment, or None."""
    folder = KEPT / name
    if not (folder / "claims.json").is_file():
        return None
    records, figure = ledger.read(folder / "claims.json"), None
    if (folder / "figure.json").is_file():
        told = json.loads((folder / "figure.json").read_text())
        figure = folder / "figure.png", told["alt"], told["caption"]
    return Kept(records, figure)


def keep(name: str, outputs: Path) -> None:
    """Keep what a finished run left in its folder.

    Raises:
        ValueError: If the run was at another setting.
    """
    records = ledger.read(outputs / name / "claims.json")
    if changed := next((record["changed"] for record in records if record["changed"]), None):
        raise ValueError(f"{name}: expected a run at the registered setting, not {changed}")
    folder = KEPT / name
    folder.mkdir(parents=True, exist_ok=True)
    ledger.write(folder / "claims.json", records)
    figures = json.loads((outputs / name / "figures.json").read_text())["figures"]
    if figures:
        first = figures[0]
        _shrink(outputs / name / first["name"], folder / "figure.png")
        told = {key: first[key] for key in ("alt", "caption")}
        (folder / "figure.json").write_text(json.dumps(told, indent=2) + "\n")


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
