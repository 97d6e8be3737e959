"""Records of finished runs that no run has written, and what a search leaves.

`given` is the file and its text; what a sound run has beside it is `SOUND`.
"""

from itertools import pairwise

from superpos.train import StoreError
from tests.faults.bad_inputs.rows import Row, row

CONFIG = "title: A\nquestion: B\ncommand: C\n"
SOUND = {
    "config.yaml": CONFIG,
    "claims.json": "[]",
    "figures.json": '{"figures": [], "tables": [], "facts": {}}',
}
ALIASES = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 9)}]\n" for before, name in pairwise("abcdefgh")
)
FIGURE = '{"name": "../a", "alt": "", "caption": "", "cells": []}'


def kept(name: str, file: str, text: str, expected: str) -> Row:
    """A file of a run with another text."""
    return row(name, (file, text), " does not hold a finished run: ", expected, kind=StoreError)


DEEP = "expected at most 100,000 values, 50 deep"
TEXTS = "expected the texts title, question, command"
TABLE = [
    kept("a deep config", "config.yaml", CONFIG + "a: " + "[" * 99_000, DEEP),
    kept("a config deep in blocks", "config.yaml", CONFIG + "a:\n" + "- " * 99_000, DEEP),
    kept("a large config", "config.yaml", CONFIG + "a: " + "x" * 2**21, "expected a config"),
    kept("a config without texts", "config.yaml", "title: [1]\n", TEXTS),
    kept("a config of aliases", "config.yaml", ALIASES + CONFIG, DEEP),
    kept(
        "a config with code",
        "config.yaml",
        CONFIG + "a: !!python/object/apply:os.getcwd []\n",
        "expected YAML (could not determine a constructor for the tag",
    ),
    kept("a title that is a number", "config.yaml", CONFIG.replace("A", "1"), TEXTS),
    kept("deep claims", "claims.json", "[" * 100_000, "damaged, expected JSON"),
    kept("a claim without an id", "claims.json", '[{"id": []}]', "claims.json"),
    kept("a claim that is a list", "claims.json", "[[]]", "claims.json"),
    kept("claims that are no number", "claims.json", "NaN", "damaged, expected JSON"),
    kept("two claims of one id", "claims.json", '[{"id": "a"}, {"id": "a"}]', "claims.json"),
    kept("deep figures", "figures.json", "[" * 100_001, "damaged, expected JSON"),
    kept("no figures", "figures.json", "{}", "figures"),
    kept("figures of a number", "figures.json", '{"figures": 1, "tables": [], "facts": {}}', "int"),
    kept(
        "a figure elsewhere",
        "figures.json",
        f'{{"figures": [{FIGURE}], "tables": [], "facts": {{}}}}',
        "figure '../a': expected a plain file name",
    ),
    kept(
        "a caption that is a number",
        "figures.json",
        '{"figures": [], "tables": [{"caption": 1, "header": [], "rows": []}], "facts": {}}',
        "1: expected a text",
    ),
    kept(
        "a fact that is a list",
        "figures.json",
        '{"figures": [], "tables": [], "facts": {"a": [1]}}',
        "[1]: expected a text",
    ),
]
SEARCHES = [
    row("a search of nothing", "", ": empty, expected keys and values", kind=StoreError),
    row("a search of a list", "- name: optuna", ": no mapping, expected keys", kind=StoreError),
    row("a search not closed", "name: [optuna", ":2: expected YAML (", kind=StoreError),
    row("a search that is deep", "a: " + "[" * 98_000, f":1: {DEEP}", kind=StoreError),
]
