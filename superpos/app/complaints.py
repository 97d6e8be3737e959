"""What is wrong with a command line, in one line, where Hydra says it in several."""

import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from superpos.app.choices import choices, group_of
from superpos.arguments import did_you_mean

MOVED = {
    "probe": "it is evaluations now, as evaluations=loss or evaluations.loss.batch_size=64",
    "dims": "models and evaluations name the dimensions of results themselves now",
}
"""Sections of older configs, and what to write."""
Compose = Callable[[Sequence[str]], Any]


def one_line(error: Exception, words: Sequence[str], compose: Compose) -> str:
    """Say in one line what Hydra complains about.

    Args:
        error: of Hydra.
        words: of the command line.
        compose: words that choose from groups -> the config with them, empty where that fails.
    """
    text = str(error)
    unknown_choices = [word for word in words if _is_unknown_choice(word)]
    if unknown_choices:
        word = unknown_choices[0]
        known, name = choices(group_of(word)), word.partition("=")[2]
        return f"{word}: expected one of {', '.join(known)}{did_you_mean(name, known)}"
    if isinstance(error, OSError) and error.filename is not None:
        return f"output_dir={error.filename}: expected a folder to write to ({error.strerror})"
    if unknown := re.search(r"Could not override '([^']+)'", text):
        return _unknown_key(unknown[1].lstrip("+~"), words, compose)
    if missing := re.search(r"Missing mandatory value: (\S+)", text):
        return f"{missing[1]}: missing, expected {missing[1]}=<value>"
    first = " ".join(line.strip() for line in text.splitlines()[:2] if line.strip())
    return f"{shlex.join(words)}: {first}"


def _is_unknown_choice(word: str) -> bool:
    """Tell whether a word chooses something that a group of the config does not hold."""
    group, names = group_of(word), word.partition("=")[2].strip("[]").split(",")
    return bool(group) and not set(names) <= set(choices(group))


def _unknown_key(key: str, words: Sequence[str], compose: Compose) -> str:
    typed = [word for word in words if word.lstrip("+~").startswith(f"{key}=")]
    given = typed[0].lstrip("+~") if typed else key
    section = key.split(".")[0]
    if section in MOVED:
        return f"{given}: unknown key; {MOVED[section]}"
    known = list(_dotted(compose([word for word in words if group_of(word)]), ""))
    if key in known:
        return f"{given}: expected a value, not keys; new keys are added with +{key}.<key>=<value>"
    added = f"; an axis is added with +{key}=[...]" if key.startswith("sweep.") else ""
    if key.startswith(("hydra.launcher.submitit.", "hydra.launcher.ray.")):
        added = f"; it is added with +{given}"
    return f"{given}: unknown key{did_you_mean(key, known)}{added}"


def _dotted(node: Any, prefix: str) -> Iterator[str]:
    for name, value in node.items() if isinstance(node, dict) else ():
        yield f"{prefix}{name}"
        yield from _dotted(value, f"{prefix}{name}.")
