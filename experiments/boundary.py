"""The wall between Hydra and the rest: command line in, plain dictionaries out.

The only file that touches hydra or omegaconf. Behind it nobody sees a DictConfig, and every
complaint of Hydra's has become one line.
"""

import os
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hydra
from hydra import errors
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from superpos.arguments import did_you_mean

CONF = Path(__file__).resolve().parent.parent / "conf"
HYDRA_ERRORS = (errors.HydraException, OmegaConfBaseException)


class UsageError(Exception):
    """A command line that Hydra cannot compose, as one line."""


def run(task: Callable[[dict[str, Any]], int]) -> int:
    """Compose the config of the command line and hand it over, once per job of a multirun.

    Args:
        task: takes the plain, resolved config, with `experiment`, `output_dir` and `command`
            filled in; returns an exit code.

    Returns:
        The highest exit code of the jobs.

    Raises:
        UsageError: the command line cannot be composed.
    """
    codes: list[int] = []

    @hydra.main(version_base="1.3", config_path=str(CONF), config_name="config")
    def main(config: DictConfig) -> None:
        codes.append(task(_plain(config)))

    os.environ["HYDRA_FULL_ERROR"] = "1"  # raise, so that the complaint can become one line
    try:
        main()
    except HYDRA_ERRORS as error:
        raise UsageError(_one_line(error)) from None
    except OSError as error:
        raise UsageError(
            f"output_dir={error.filename}: expected a folder to write to ({error.strerror})"
        ) from None
    return max(codes, default=0)


def compose(overrides: list[str]) -> dict[str, Any]:
    """Compose a config without running anything, as the command line with these overrides would.

    Args:
        overrides: such as ["experiment=elhage/intro", "seed=3"].

    Returns:
        The plain, resolved config.

    Raises:
        UsageError: it cannot be composed.
    """
    try:
        with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
            config = hydra.compose("config", overrides, return_hydra_config=True)
            HydraConfig.instance().set_config(config)
            return _plain(config)
    except HYDRA_ERRORS as error:
        raise UsageError(_one_line(error)) from None


def experiments() -> list[str]:
    """Names of all experiments, as in `experiment=<name>`."""
    return _names("experiment")


def _plain(config: DictConfig) -> dict[str, Any]:
    chosen = HydraConfig.get()
    experiment = chosen.runtime.choices["experiment"]
    overrides = [str(override) for override in chosen.overrides.task]
    with_hydra = OmegaConf.to_container(
        OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"]), resolve=True
    )
    assert isinstance(with_hydra, dict)
    return {
        **{str(key): value for key, value in with_hydra.items()},
        "experiment": experiment,
        "command": shlex.join(["python", "-m", "experiments", *overrides]),
    }


def _one_line(error: Exception) -> str:
    """Say in one line what Hydra says in several."""
    if isinstance(error, errors.MissingConfigException) and error.options is not None:
        group, _, name = str(error.missing_cfg_file).partition("/")
        return f"{group}={name}: expected one of {', '.join(_names(group))}" + did_you_mean(
            name, _names(group)
        )
    text = str(error)
    if "You must specify 'experiment'" in text:
        return f"experiment: missing, expected one of {', '.join(experiments())}"
    unknown = re.search(r"Could not override '([^']+)'", text)
    if unknown:
        key = unknown[1].lstrip("+~")
        return f"{_given(key)}: unknown key{did_you_mean(key, _known_keys())}"
    return " ".join(line.strip() for line in text.splitlines()[:2] if line.strip())


def _names(group: str) -> list[str]:
    folder = CONF / group
    return sorted(str(path.relative_to(folder).with_suffix("")) for path in folder.rglob("*.yaml"))


def _given(key: str) -> str:
    """The override of a key as it was typed."""
    typed = [word for word in sys.argv[1:] if word.lstrip("+~").startswith(f"{key}=")]
    return typed[0].lstrip("+~") if typed else key


def _known_keys() -> list[str]:
    """Every dotted key of the config of the experiment that was asked for."""
    chosen = [word for word in sys.argv[1:] if word.startswith("experiment=")]
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        config = hydra.compose("config", chosen or ["experiment=train"])
    return list(_dotted(OmegaConf.to_container(config, resolve=False), ""))


def _dotted(node: Any, prefix: str) -> Iterator[str]:
    for name, value in node.items() if isinstance(node, dict) else ():
        yield f"{prefix}{name}"
        yield from _dotted(value, f"{prefix}{name}.")
