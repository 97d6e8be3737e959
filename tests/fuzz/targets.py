"""Readers under random input. Each takes a case, plain JSON, and must refuse it or take it.

A reader may raise what its docstring names, with a text of one line for each problem. Anything else
is a finding.
"""

import base64
import json
import os
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import strategies as st

from superpos.app.boundary import UsageError, compose
from superpos.app.claims import ledger
from superpos.app.config.experiment import bind
from superpos.app.config.sweep_plan import ConfigError
from superpos.app.report import stored
from superpos.arguments import ArgumentError
from superpos.data.text import austen, kjv
from superpos.models.transformer import read, read_tokeniser
from superpos.store import multirun
from superpos.train import StoreError, store
from superpos.triggers import LogError, audit, read_log
from tests.superpos.data.text.rdata import NOVEL
from tests.superpos.models.transformer.gguf_files import tensors, written
from tests.superpos.models.transformer.golden import copied

STORED = Path(__file__).resolve().parents[1] / "faults" / "stored" / "format_2"
ODD = (
    None,
    True,
    0,
    -1,
    2**63,
    1e308,
    0.5,
    "",
    "a",
    "${data.density}",
    "???",
    [],
    {},
    [1],
    {"a": 1},
)
"""Values that stand where others should."""


class Target(NamedTuple):
    """A reader.

    Attributes:
        cases: strategy of plain cases.
        read: (case, empty folder) -> anything.
        refusals: what it may raise.
    """

    cases: st.SearchStrategy[Any]
    read: Callable[[Any, Path], Any]
    refusals: tuple[type[Exception], ...]


def check(target: Target, case: Any, folder: Path) -> None:
    """Read a case.

    Raises:
        AssertionError: it was refused with a text that is no line.
        Exception: it was not refused as it should have been.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            target.read(case, folder)
        except target.refusals as error:
            lines = str(error).splitlines()
            assert lines, "refused without a word"
            assert all(len(line) < 2000 for line in lines), "a line is too long to be read"
            assert "Traceback" not in str(error)


values = st.recursive(
    st.sampled_from(ODD) | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYS = (
    *("data.density", "data.n_features", "data.kind", "data", "magnitude.low", "model.n_hidden"),
    *(
        "model.activation",
        "model.init.kind",
        "model.error.importance",
        "optim.learning_rate",
        "seed",
    ),
    *("optim.schedule", "fit.n_steps", "fit.batch_size", "fit.log_every", "evaluations.loss.every"),
    *("evaluations", "sweep.data.density", "sweep.seed", "sweep", "zipped", "points", "variants"),
    *(
        "assets.x",
        "analysis.kind",
        "objective",
        "engine.chunk",
        "engine.kernel",
        "engine",
        "output_dir",
    ),
)


def _words(case: list[list[Any]], folder: Path) -> Any:
    """Words of a command line, composed and checked."""
    del folder
    words = [f"{sign}{key}={json.dumps(value)}" for sign, key, value in case]
    return bind(compose(["experiment=train", *words]), trace=False)


def _config(case: list[list[Any]], folder: Path) -> Any:
    """A plain config with other values at some keys, as Python hands it over."""
    del folder
    config = compose(["experiment=train"])
    for key, value in case:
        *path, name = key.split(".")
        node: Any = config
        for part in path:
            node = node.get(part) if isinstance(node, dict) else None
        if isinstance(node, dict):
            node[name] = value
    return bind(config, trace=False)


def _damaged(file: str) -> Callable[[Mapping[str, Any], Path], Any]:
    """A store of which one file is other bytes."""

    def read(case: Mapping[str, Any], folder: Path) -> Any:
        for source in STORED.rglob("*"):
            if source.is_file():
                copy = folder / source.relative_to(STORED)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(source.read_bytes())
        path = next(iter(sorted(folder.rglob(file))))
        path.write_bytes(_changed(path.read_bytes(), case))
        for place in sorted({each.parent for each in folder.rglob("sweep.json")}):
            store.open(place).load()

    return read


def _changed(data: bytes, case: Mapping[str, Any]) -> bytes:
    """Bytes with some of them replaced, cut or put in."""
    for at, cut, put in case["edits"]:
        at %= len(data) + 1
        data = data[:at] + base64.b64decode(put) + data[at + cut :]
    return data


def _json_file(name: str, read: Callable[[Path], Any]) -> Callable[[Any, Path], Any]:
    """A file of JSON with any content."""

    def reader(case: Any, folder: Path) -> Any:
        (folder / name).write_text(json.dumps(case))
        return read(folder)

    return reader


def _log(case: list[Any], folder: Path) -> Any:
    """A log with other values in its rows."""
    del folder
    return audit(*read_log(json.dumps(entry) for entry in case))


def _checkpoint(case: Mapping[str, Any], folder: Path) -> Any:
    """A language model of which one file is other bytes."""
    place = copied("llama_biases", folder, {})
    files = sorted(path for path in place.iterdir() if path.suffix != ".npz")
    path = files[case["file"] % len(files)]
    path.write_bytes(_changed(path.read_bytes(), case))
    return read(place)


def _gguf(case: Mapping[str, Any], folder: Path) -> Any:
    """A language model in one file, with other bytes in it, and its tokeniser."""
    path = written(folder / "model.gguf", arrays=tensors())
    path.write_bytes(_changed(path.read_bytes(), case))
    with suppress(ArgumentError):
        read_tokeniser(path)
    return read(path)


def _text(name: str, content: bytes, reader: Callable[[Path], Any]) -> Callable[[Any, Path], Any]:
    """A text with other bytes in it."""

    def read(case: Mapping[str, Any], folder: Path) -> Any:
        (folder / name).write_bytes(_changed(content, case))
        return reader(folder)

    return read


texts = st.binary(max_size=12).map(lambda data: base64.b64encode(data).decode())
edits = st.fixed_dictionaries(
    {"edits": st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 64), texts), max_size=3)}
)
edits_of_one = st.builds(lambda edits, file: {**edits, "file": file}, edits, st.integers(0, 63))
settings = st.lists(st.tuples(st.sampled_from(KEYS), values), min_size=1, max_size=3)
words = st.lists(
    st.tuples(st.sampled_from(["", "+", "++", "~"]), st.sampled_from(KEYS), values),
    min_size=1,
    max_size=3,
)

CLAIMS = ledger.claims_of(
    "a/b",
    [("c", "half", "=", 0.5, 0.01)],
    paper="p",
    section="1",
    setting="s",
    origin=ledger.Origin("theory", "before"),
)
LEDGER = ledger.to_records([CLAIMS["c"].judge(0.5)], "run")
FIELDS = ("id", "source", "claimed", "identity", "measured", "reproduced", "note", "changed")
records = st.dictionaries(st.sampled_from(FIELDS), values, max_size=2).map(
    lambda other: [{**LEDGER[0], **other}]
)

POLICY = {"event": "policy", "anchor_compute": 1.0}
LOOK = {"event": "check", "t": "2024-01-01T00:00:00Z", "flops": 1}
names = ("event", "t", "model", "parent", "loss", "flops", "anchor_time", "months", "law", "reset")
entries = st.dictionaries(st.sampled_from(names), values, max_size=2)
logs = st.tuples(entries, st.lists(entries, max_size=4)).map(
    lambda drawn: [{**POLICY, **drawn[0]}, *({**LOOK, **entry} for entry in drawn[1])]
)

TARGETS = {
    "words": Target(words, _words, (UsageError, ConfigError)),
    "config": Target(settings, _config, (ConfigError,)),
    "header": Target(edits, _damaged("sweep.json"), (StoreError,)),
    "chunk": Target(edits, _damaged("chunks/*"), (StoreError,)),
    "ledger": Target(
        records | values,
        _json_file("claims.json", lambda at: ledger.read(at / "claims.json")),
        (StoreError,),
    ),
    "findings": Target(values, _json_file("figures.json", stored.read_facts), (ValueError,)),
    "log": Target(logs, _log, (LogError,)),
    "checkpoint": Target(edits_of_one, _checkpoint, (ArgumentError,)),
    "gguf": Target(edits, _gguf, (ArgumentError,)),
    "novel": Target(edits, _text("Rdata.rdb", NOVEL, austen), (ArgumentError,)),
    "verses": Target(edits, _text("kjv.txt", b"Ge1:1 In\nGe1:2 And\n", kjv), (ArgumentError,)),
    "manifest": Target(values, _json_file("multirun.json", multirun.read), (StoreError,)),
}
os.environ.setdefault("HYDRA_FULL_ERROR", "1")
