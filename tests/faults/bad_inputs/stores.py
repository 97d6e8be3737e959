"""Folders of sweeps that cannot be opened: headers that ask for too much, and what is no file.

`given` makes a folder from the header of a sound sweep.
"""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from superpos.store import files
from superpos.train import StoreError
from tests.faults.bad_inputs.rows import Row, row

HUGE = 2**40
MOST = "expected at most 4,000,000 in one sweep"
Header = Mapping[str, Any]


def with_checksum(path: Path, body: Header) -> None:
    """A JSON file as `files.write_json` would have written it."""
    body = {name: value for name, value in body.items() if name != "sha256"}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**body, "sha256": files._digest(body)}))


def header(name: str, starts: str, expected: str = "", **changes: Any) -> Row:
    """A sweep.json with other fields; the line starts with its path, and what follows here."""

    def make(folder: Path, sound: Header) -> None:
        with_checksum(folder / "sweep.json", {**sound, **changes})

    return row(name, make, f"/sweep.json: {starts}", expected, kind=StoreError)


def fit(name: str, expected: str, **changes: Any) -> Row:
    """A sweep.json of format 1, which has no coordinates, with other lengths."""

    def make(folder: Path, sound: Header) -> None:
        old = {key: value for key, value in sound.items() if key != "coordinates"}
        old |= {"format": 1, "fit": {**sound["fit"], **changes}}
        with_checksum(folder / "sweep.json", old)

    return row(name, make, "/sweep.json: ", expected, kind=StoreError)


def content(name: str, file: str, make: Callable[[Path], Any], *expected: str) -> Row:
    """A file of any content, in place of the header."""
    starts, rest = f"/{file}: {expected[0]}", expected[1:]
    return row(name, lambda folder, _: make(folder / file), starts, *rest, kind=StoreError)


def text(data: bytes) -> Callable[[Path], Any]:
    return lambda path: path.write_bytes(data)


def of_a_terabyte(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(HUGE)


def entry(shape: list[int], dims: list[str], dtype: str = "float32") -> dict[str, Any]:
    steps = {"diverged_step": {"shape": [], "dtype": "int32", "dims": []}}
    return {**steps, "W": {"shape": shape, "dtype": dtype, "dims": dims}}


def of_width(n: int) -> dict[str, list[int]]:
    return {"a": [*range(n)], "b": [*range(n)]}


HEADERS = [
    header("9,000,000 members", "axes: 9,000,000 members", MOST, axes=of_width(3000)),
    header(
        "eight axes",
        *("axes: 39,062,500,000,000 members", MOST),
        axes={name: [*range(50)] for name in "abcdefgh"},
    ),
    header(
        "3,610,000 members, none of them stored",
        *("3,610,000 members, of which at most 0 are stored", "expected 36,100 or more"),
        axes=of_width(1900),
    ),
    header(
        "4,000 members with a long config",
        *("4,000 members, of which at most 0 are stored", "expected 40 or more"),
        axes={"a": [*range(4000)]},
        spec={"b": "x" * 10**6},
    ),
    header(
        "a longer config",
        *("spec of 2,000,007", "expected at most 1,048,576"),
        spec={"b": "x" * (2 * 10**6 - 2)},
    ),
    header("no axis of numbers", "damaged, axes={'a': ['x']}", axes={"a": ["x"]}),
    header("an axis twice the same", "a: [1] appears twice", axes={"a": [1, 1]}),
    header("an empty axis", "a: empty axis, expected a list", axes={"a": []}),
    header("a negative seed", "seed=[-1]: expected integers in [0, 4", axes={"seed": [-1]}),
    header("zipped with nothing", "zipped=['a', 'b']: expected names of axes", zipped=[["a", "b"]]),
    header("a width of 0", "damaged, width=[0, 1]", width=[0, 1]),
    header("no schema", "damaged, schema={}", schema={}),
    header("an array of 4 TiB", "results of", "which are free", schema=entry([HUGE], ["W_0"])),
    header("a negative shape", "damaged, schema=", schema=entry([-1], ["W_0"])),
    header("a shape without dims", "damaged, schema=", schema=entry([2], [])),
    header("objects", "damaged, schema=", schema=entry([2], ["W_0"], "object")),
    header("a name with a newline", "damaged, spec=", spec={"a\nb": 1}),
    header("a fit of text", "damaged, fit='x'", fit="x"),
    fit("log_every of 0", "damaged, fit=", log_every=0),
    fit("many steps", "times of measuring", n_steps=2**31 - 1, log_every=1),
    fit("log_every of 1.5", "damaged, fit=", log_every=1.5),
    fit("more steps than a count", "damaged, fit=", n_steps=10**30),
]
LISTS = "expected at most 268,435,456 bytes and 1,000,000 lists"
CONTENTS = [
    each
    for file in ("sweep.json", "multirun.json")
    for each in (
        content(f"{file}: brackets", file, text(b"[" * 200_000), "damaged, expected JSON"),
        content(f"{file}: many lists", file, text(b"[[]," * 3_000_000), "too large", LISTS),
        content(f"{file}: keys", file, text(b'{"a":' * 100_000), "damaged, expected JSON"),
        content(f"{file}: a long number", file, text(b"1" * 10_000), "damaged, expected JSON"),
        content(f"{file}: a long text", file, text(b'"' + b"x" * 10**7), "damaged, expected JSON"),
        content(f"{file}: no number", file, text(b"NaN"), "damaged, expected JSON"),
        content(f"{file}: no checksum", file, text(b"{}"), "damaged, expected JSON with a"),
        content(f"{file}: a terabyte", file, of_a_terabyte, "too large", LISTS),
        content(f"{file}: a pipe", file, os.mkfifo, "expected a file to read (Not a regular file)"),
        content(
            f"{file}: no end",
            file,
            lambda path: path.symlink_to("/dev/zero"),
            "expected a file to read (Not a regular file)",
        ),
    )
]
TABLE = [*HEADERS, *CONTENTS]
