"""A multirun on disk: what its members vary, and the sweeps that hold their results.

multirun.json      the members: what each has for the keys that vary, its id, and its group
groups/<name>/     an ordinary sweep store for the members that one program trains
"""

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from superpos.arguments import shown
from superpos.store import files
from superpos.store.files import StoreError
from superpos.store.folder import MULTIRUN, read_sweep
from superpos.store.merge import merged
from superpos.store.reading import Swept

if TYPE_CHECKING:
    import xarray

FILE = MULTIRUN
_KEY = re.compile(r"[A-Za-z0-9_/@-]+(\.[A-Za-z0-9_/@-]+)*")
_ID = re.compile(r"[0-9a-f]{16}")
_GROUP = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Members(NamedTuple):
    """The members of a multirun, a row each; no two rows are the same.

    Attributes:
        keys: dotted keys that vary, in written order.
        values: key -> its plain value in each member: a number, a string, a bool or None.
        ids: content hash of each member, 16 hexadecimal digits.
        groups: name of the folder that holds each member, below groups/.
        zipped: groups of keys that vary together, each along one dimension.
    """

    keys: tuple[str, ...]
    values: dict[str, list[Any]]
    ids: list[str]
    groups: list[str]
    zipped: Sequence[Sequence[str]] = ()


def write(folder: Path, members: Members, base: Mapping[str, Any]) -> None:
    """Commit multirun.json.

    Args:
        folder: the folder of the multirun; made where it is not there.
        members: its members.
        base: the resolved configuration that all share, dotted key -> plain value.

    Raises:
        StoreError: the members are not as `Members` says, or the file cannot be written.
    """
    path = folder / FILE
    content = {**members._asdict(), "keys": list(members.keys), "base": dict(base)}
    _check(path, content)
    with files.one_line(folder, "cannot write"):
        files.make_folder(folder)
        files.write_json(path, content)


def read(folder: Path) -> tuple[Members, dict[str, Any]] | None:
    """Read multirun.json: the members, and what they share; None where there is none.

    Raises:
        StoreError: the file is damaged, of a newer format, or not what `write` writes.
    """
    content = files.read_json(folder / FILE)
    if content is None:
        return None
    _check(folder / FILE, content)
    values = {key: content["values"][key] for key in content["keys"]}
    zipped = tuple(map(tuple, content.get("zipped", ())))
    members = Members(tuple(content["keys"]), values, content["ids"], content["groups"], zipped)
    return members, content["base"]


def refuse_old(folder: Path) -> None:
    """Refuse to write where an older version has.

    Raises:
        StoreError: multirun.json is of an older format; one line.
    """
    files.refuse_old(folder / FILE, files.read_json(folder / FILE))


def open_multirun(folder: Path) -> "xarray.Dataset":
    """Open a multirun as one Dataset; members that are not on disk yet have status "missing".

    Where every combination of the values occurs once there is a dimension per key, and numbers are
    in ascending order along it; otherwise there is one dimension, `job`, with a coordinate per key.
    Zipped keys are one dimension, called after the first of them and in the order of its values.
    Both are called after the last part of the key where that is unique, and "config.<key>" where a
    result has that name. A coordinate holds numbers, bools, or else text, in which null is "none".

    Results of groups whose shapes differ are padded with nan (-1 for integers, 0 for what is
    unsigned) up to the largest; metrics are nan at steps at which a group took none. A result whose
    dimensions have other names in a later group is called "<result>.<dimension>. ..." there.

    Args:
        folder: the folder of the multirun.

    Returns:
        The Dataset, with a status per member, and as JSON text in the attributes the configuration
        that all share, the keys, and for each group on disk its numerics fingerprint and its fit.

    Raises:
        StoreError: the folder holds no multirun, or a header in it is damaged.
    """
    found = read(folder)
    if found is None:
        raise StoreError(f"{folder}: expected the folder of a multirun, with a {FILE}")
    members, base = found
    groups = {name: group_folder(folder, name) for name in dict.fromkeys(members.groups)}
    sweeps = {name: read_sweep(path) for name, path in groups.items()}
    present = {name: sweep for name, sweep in sweeps.items() if sweep is not None}
    try:
        return dataset_of(members, base, present)
    except ValueError as error:  # groups that contradict each other
        raise StoreError(f"{folder}: {' '.join(str(error).split())}") from None


def dataset_of(
    members: Members, base: Mapping[str, Any], sweeps: Mapping[str, Swept]
) -> "xarray.Dataset":
    """Some members of a multirun as the Dataset of `open_multirun`.

    Args:
        members: some or all.
        base: the configuration that they share.
        sweeps: group -> what is on disk of it.
    """
    attrs = {
        "config": base,
        "keys": members.keys,
        "fingerprint": {name: header["fingerprint"] for name, (header, _, _) in sweeps.items()},
        "fit": {name: header["fit"] for name, (header, _, _) in sweeps.items()},
    }
    return merged(
        members.values,
        ids=members.ids,
        groups=members.groups,
        zipped=members.zipped,
        sweeps=sweeps,
        attrs=attrs,
    )


def group_folder(folder: Path, name: str) -> Path:
    """The store of a group of a multirun.

    Raises:
        StoreError: it is reached by a link.
    """
    return files.own(folder, "groups", name)


def _check(path: Path, content: Mapping[str, Any]) -> None:
    """Refuse whatever `Members` does not allow."""
    parts: list[Any] = [content.get(name) for name in ("keys", "values", "ids", "groups", "base")]
    keys, values, ids, groups, base = parts
    _check_list(path, "keys", keys, _KEY)
    _check_list(path, "ids", ids, _ID)
    _check_list(path, "groups", groups, _GROUP)
    if not isinstance(base, dict):
        raise StoreError(f"{path}: base={shown(base)}: expected a mapping")
    if not isinstance(values, dict) or len(keys) != len(set(keys)) or set(values) != set(keys):
        raise StoreError(f"{path}: keys={shown(keys)}: expected distinct keys, with values each")
    _check_zipped(path, content.get("zipped", []), keys)  # older ones have none
    for key, column in values.items():
        wrong = not isinstance(column, list) or [v for v in column if not _is_plain(v)][:1]
        if wrong:
            raise StoreError(
                f"{path}: {key}={shown(column)}: expected a list of finite numbers, strings, bools"
                " and nulls"
            )
    lengths = {len(column) for column in (ids, groups, *values.values())}
    if lengths == {0} or len(lengths) > 1:
        raise StoreError(f"{path}: expected a value, an id and a group for each of the members")
    rows = [*zip(ids, *([(type(v), v) for v in column] for column in values.values()), strict=True)]
    if len(rows) != len(set(rows)):
        raise StoreError(f"{path}: a member appears twice, expected distinct members")


def _check_zipped(path: Path, zipped: Any, keys: Sequence[str]) -> None:
    """Refuse what are not lists of keys, each key in one list at most."""
    whole = isinstance(zipped, (list, tuple)) and all(isinstance(g, (list, tuple)) for g in zipped)
    names = [name for group in zipped for name in group] if whole else []
    known = all(isinstance(name, str) and name in keys for name in names)
    if not whole or not all(zipped) or not known or len(set(names)) != len(names):
        raise StoreError(f"{path}: zipped={shown(zipped)}: expected groups of distinct keys")


def _check_list(path: Path, name: str, texts: Any, pattern: re.Pattern[str]) -> None:
    if not isinstance(texts, list):
        raise StoreError(f"{path}: {name}={shown(texts)}: expected a list")
    for text in texts:
        if not isinstance(text, str) or not pattern.fullmatch(text):
            raise StoreError(f"{path}: {name}: {shown(text)}: expected {pattern.pattern}")


def _is_plain(value: Any) -> bool:
    """Whether a value is null, a bool, a string or a number that fits into 64 bits."""
    if isinstance(value, int):
        return abs(value) < 2**63
    return (
        value is None or isinstance(value, str) or (type(value) is float and math.isfinite(value))
    )
