"""What is wrong with a command line, in one line, where Hydra says it in several."""

import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from superpos.arguments import did_you_mean

MOVED = {
    "probe": "it is evaluations now, as evaluations=loss or evaluations.loss.batch_size=64",
    "dims": "models and evaluations name the dimensions of results themselves now",
}
"""Sections of older configs, and what to write."""


class Word(NamedTuple):
    """A word of the command line, as Hydra's parser reads it.

    Attributes:
        text: the word.
        key: what it changes, a dotted key or a group; "" where the word cannot be read.
        values: each value that it gives, one or several.
        several: it gives several values, for a job each.
        problem: why it cannot be read; "" where it can.
    """

    text: str
    key: str = ""
    values: Sequence[Any] = ()
    several: bool = False
    problem: str = ""


class Line(NamedTuple):
    """A command line, and what Hydra finds on its search path.

    Attributes:
        words: that change the config.
        multirun: each of several values is a job.
        options: group -> what it offers, sorted; empty where there is no such group.
        groups: names of all groups.
        compose: words that choose from groups -> the config with them, empty where that fails.
    """

    words: Sequence[Word]
    multirun: bool
    options: Callable[[str], Sequence[str]]
    groups: Callable[[], Sequence[str]]
    compose: Callable[[Sequence[str]], Any]


def one_line(error: Exception, line: Line) -> str:
    """Say in one line what Hydra complains about."""
    text = str(error)
    if problem := problem_of(line):
        return problem
    if isinstance(error, OSError) and error.filename is not None:
        return f"output_dir={error.filename}: expected a folder to write to ({error.strerror})"
    if unknown := re.search(r"Could not override '([^']+)'", text):
        return _unknown_key(unknown[1].lstrip("+~"), line)
    if missing := re.search(r"Missing mandatory value: (\S+)", text):
        return f"{missing[1]}: missing, expected {missing[1]}=<value>"
    if re.search(r"Multiple values for \S", text):
        for word in line.words:
            if any(isinstance(value, list) for value in word.values) and line.options(word.key):
                jobs = f"{word.key}={','.join(map(str, _chosen(word)))}"
                return f"{word.text}: expected one of these, or -m {jobs} for a job each"
    if text.startswith("Error merging override "):
        return next(_not_merged(word, line) for word in line.words if text.endswith(word.text))
    first = " ".join(part.strip() for part in text.splitlines()[:2] if part.strip())
    if first.startswith(tuple(f"{word.text}: " for word in line.words)):
        return first
    named = [word for word in line.words if word.key and _names_key(first, word.key)]
    if len(named) == 1 and None in named[0].values:
        return f"{named[0].text}: expected a value"
    blamed = named if len(named) == 1 else line.words
    return f"{shlex.join(word.text for word in blamed)}: {first}"


def _names_key(text: str, key: str) -> bool:
    """Whether a message names a dotted key, and no longer one."""
    return bool(re.search(rf"(?<![\w.]){re.escape(key)}(?![\w.]*\w)", text))


def problem_of(line: Line) -> str:
    """What is wrong with one word, whatever the others are, in one line; "" where nothing is."""
    for word in line.words:
        options = line.options(word.key) if word.key else ()
        unknown = [name for name in _chosen(word) if options and name not in options]
        if word.problem:
            return f"{word.text}: {word.problem}"
        if word.several and not line.multirun:
            return f"{word.text}: {_several(word, options)}"
        if word.key == "hydra/sweeper" and "optuna" in unknown:
            return f"{word.text}: not installed; pip install 'superpos[optuna]'"
        if unknown:
            close = did_you_mean(str(unknown[0]), options)
            more = "; --with PACKAGE adds those of a package" if word.key == "experiment" else ""
            close = "" if more and [*options] == ["train"] else close  # no package is named
            return f"{word.text}: expected one of {', '.join(options)}{close or more}"
    return ""


def _chosen(word: Word) -> list[Any]:
    """What a word chooses from a group: options, or lists of them; keys choose nothing."""
    lists = [value if isinstance(value, list) else [value] for value in word.values]
    return [each for value in lists for each in value if not isinstance(each, dict)]


def _several(word: Word, options: Sequence[str]) -> str:
    if word.key.startswith("sweep."):
        return f"expected a list or a generator, as {word.key}=[1,2] or {word.key}={{range: 10}}"
    axis = "" if options else f", or an axis of one run, +sweep.{word.key}=[...]"
    return f"several values, expected one, or -m for a job each{axis}"


def _unknown_key(key: str, line: Line) -> str:
    typed = [word for word in line.words if word.key == key]
    given = typed[0].text.lstrip("+~") if typed else key
    section = key.split(".")[0]
    if section in MOVED:
        return f"{given}: unknown key; {MOVED[section]}"
    known = [*_dotted(_config(line), "")]
    if key in known:
        return f"{given}: {_unknown_inside(key, typed, known)}"
    if key.startswith("sweep.") and key.removeprefix("sweep.") in known:
        return f"{given}: not among the axes of the config, expected +{given}"
    if key.startswith(("hydra.launcher.submitit.", "hydra.launcher.ray.")):
        return f"{given}: unknown key; it is added with +{given}"
    if key.startswith("sweep."):
        close = did_you_mean(key, [*known, *line.groups()])
        return f"{given}: unknown key{close}; an axis is added with +{key}=[...]"
    section, _, name = key.rpartition(".")
    beside = [each for each in known if each.rpartition(".")[0] == section]
    if section in known and not did_you_mean(name, [each.rpartition(".")[2] for each in beside]):
        return f"{given}: unknown key; where {section} takes it, expected +{given}"
    near = beside if section in known else [*known, *line.groups()]
    return f"{given}: unknown key{did_you_mean(key, near)}"


def _unknown_inside(key: str, typed: Sequence[Word], known: Sequence[str]) -> str:
    """What is wrong with a mapping for a key that is there."""
    inside = [name for name in known if name.startswith(f"{key}.")]
    given = [name for word in typed for value in word.values for name in _dotted(value, f"{key}.")]
    unknown = [name for name in given if name not in known]
    if not inside or not unknown:
        return f"expected a value, not keys; new keys are added with +{key}.<key>=<value>"
    return f"{unknown[0]}: unknown key{did_you_mean(unknown[0], inside)}"


def _not_merged(word: Word, line: Line) -> str:
    """A value of one sort where the config has another."""
    node = _config(line)
    for part in word.key.split("."):
        node = node.get(part) if isinstance(node, dict) else None
    has = f"keys and values, as {', '.join(node)}" if isinstance(node, dict) else "another value"
    group = word.key.removeprefix("sweep.")
    swept = group != word.key and line.options(group)
    kinds = f"; what is chosen is swept as +{word.key}.kind=[...]" if swept else ""
    return f"{word.text}: expected {has}{kinds}"


def _config(line: Line) -> Any:
    """The config with the groups that were chosen, but none of the values."""
    return line.compose([word.text for word in line.words if word.key and line.options(word.key)])


def _dotted(node: Any, prefix: str) -> Iterator[str]:
    for name, value in node.items() if isinstance(node, dict) else ():
        yield f"{prefix}{name}"
        yield from _dotted(value, f"{prefix}{name}.")
