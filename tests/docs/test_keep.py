"""Results that the site shows are kept from finished runs at their registered setting."""

import importlib
import json
from pathlib import Path

import numpy as np
import pytest
from matplotlib import colormaps
from matplotlib.colors import to_rgb
from PIL import Image

from docs import keep, pages
from superpos.app.claims.ledger import Origin, claims_of, read, to_records, write
from superpos.app.plots.figures import PALETTE

NAME = "mine/first"
ROWS = [("heads", "half of the coins show heads", "=", 0.5, 0.01)]


def run(outputs: Path, changed: tuple[str, ...] = ()) -> Path:
    """The folder that a run leaves, with a figure of 2,000 x 500 pixels."""
    folder = outputs / NAME
    folder.mkdir(parents=True)
    claims = claims_of(
        *(NAME, ROWS), paper="own", section="-", setting="-", origin=Origin("ours", "before")
    )
    write(folder / "claims.json", to_records([claims["heads"].judge(0.505)], "command", changed))
    figure = {"name": "one.png", "alt": "One.", "caption": "The one.", "cells": []}
    (folder / "figures.json").write_text(json.dumps({"figures": [figure]}))
    pixels = np.full((500, 2000, 3), 255, np.uint8)
    pixels[:, :1000] = (213, 94, 0)
    Image.fromarray(pixels).save(folder / "one.png")
    return outputs


def test_what_is_kept_is_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep, "KEPT", tmp_path / "kept")
    assert keep.read(NAME) is None
    keep.keep(NAME, run(tmp_path / "outputs"))
    kept = keep.read(NAME)
    assert kept is not None and kept.figure is not None
    assert [(r["id"], r["measured"]) for r in kept.records] == [("mine/first/heads", 0.505)]
    path, *words = kept.figure
    assert words == ["One.", "The one."]
    with Image.open(path) as image:
        assert image.size == (1440, 360)
        assert image.convert("RGB").getpixel((10, 10)) == (213, 94, 0)
    assert pages.claim_text("mine/first/heads") == "0.505"
    for unknown in ("mine/first/tails", "mine/second/heads"):
        with pytest.raises(KeyError, match=unknown):
            pages.claim_text(unknown)


def test_every_colour_of_a_figure_stays(tmp_path: Path) -> None:
    """Thin lines in the colours of the palette, over a map of many more colours."""
    shades = 255 * colormaps["cividis"](np.linspace(0, 1, 900))[:, :3]
    pixels = np.tile(shades.astype(np.uint8), (400, 1, 1))
    for at, colour in enumerate(PALETTE):
        pixels[40 * at : 40 * at + 2, :200] = np.round(255 * np.array(to_rgb(colour)))
    Image.fromarray(pixels).save(tmp_path / "figure.png")
    keep._shrink(tmp_path / "figure.png", tmp_path / "kept.png")
    with Image.open(tmp_path / "kept.png") as image:
        found = np.asarray(image.convert("RGB")).astype(int)
    assert np.abs(found - pixels).max() <= 16


def test_a_run_at_another_setting_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keep, "KEPT", tmp_path / "kept")
    with pytest.raises(ValueError, match="mine/first: expected a run at the registered setting"):
        keep.keep(NAME, run(tmp_path / "outputs", changed=("seed",)))
    assert keep.read(NAME) is None


def test_claims_of_other_experiments_are_kept_without_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keep, "KEPT", tmp_path / "kept")
    outputs = run(tmp_path / "outputs")
    keep.keep(NAME, outputs)
    [record] = read(outputs / NAME / "claims.json")
    other = record | {"id": "mine/second/tails", "measured": None, "reproduced": None}
    write(outputs / "claims.json", [record, other])
    keep.keep_others(outputs)
    kept = keep.read("mine/second")
    assert kept == keep.Kept([{field: other[field] for field in keep.FIELDS}], None)
    assert pages.claim_text("mine/second/tails") == "—"
    first = keep.read(NAME)
    assert first is not None and first.figure is not None  # as it was
    assert keep.read("mine/third") is None
    write(outputs / "claims.json", [other | {"changed": ["seed"]}])
    with pytest.raises(ValueError, match="mine/second: expected a run at the registered setting"):
        keep.keep_others(outputs)


def test_results_are_small_and_those_of_the_claims_that_there_are() -> None:
    assert sum(path.stat().st_size for path in keep.KEPT.rglob("*.*")) < 1_000_000
    names = {path.parent.relative_to(keep.KEPT).as_posix() for path in keep.KEPT.glob("*/*/*.json")}
    assert names and names <= set(pages.experiments())
    for name in pages.experiments():
        kept, kind = keep.read(name), pages._config(name)["analysis"]["kind"]
        module = importlib.import_module(f"experiments.{kind.replace('/', '.')}.claims")
        claims = getattr(module, "CLAIMS", {})  # of some, a function makes them
        for record in kept.records if kept else ():
            experiment, _, key = record["id"].rpartition("/")
            assert experiment == name and not record.get("changed")
            if key in claims:
                assert record["statement"] == claims[key].statement, record["id"]
