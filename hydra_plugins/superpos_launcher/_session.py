"""Hydra from the words of a command line to the end of its jobs, as `hydra.main` runs it.

Unlike `hydra.main` it lets the application check each file before it is read, and each config, of
a run or of a job, before Hydra acts on it.
"""

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import yaml
from hydra import version
from hydra._internal.hydra import Hydra
from hydra._internal.utils import create_config_search_path, get_args_parser
from hydra.core.config_search_path import ConfigSearchPath, SearchPathQuery
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.types import Override
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf._utils import get_omega_conf_dumper
from omegaconf.resolvers import oc

from hydra_plugins.superpos_launcher._compose import reader
from hydra_plugins.superpos_launcher._loader import Checks, Loader, RefusedError, current, nested
from hydra_plugins.superpos_launcher.grid import refuse_twice

BASE = "config"
"""The config that every run starts from."""
NOT_TAKEN = ("experimental_rerun", "config_path", "config_name")
"""Options of Hydra: one unpickles a file, the others replace the config of all runs."""


class Session:
    """Hydra for one command line; it is the global one inside `with`.

    Attributes:
        words: those that change the config.
        multirun: each of several values is a job.
    """

    def __init__(self, words: Sequence[str], folder: Path, checks: Checks) -> None:
        """Read the command line.

        Args:
            words: without the program.
            folder: of configs, with config.yaml.
            checks: of the application.

        Raises:
            RefusedError: an option is unknown or not taken, or its folder is not there.
        """
        self._parser = get_args_parser()
        self._parser.error = _no_option  # pyright: ignore[reportAttributeAccessIssue]
        self._given = self._parser.parse_intermixed_args([*words])
        for name in NOT_TAKEN:
            if getattr(self._given, name) is not None:
                raise RefusedError(f"--{name.replace('_', '-')}: not taken, expected --config-dir")
        version.setbase("1.3")
        self._loader = Loader(_search_path(folder, self._given.config_dir), checks)
        self._hydra = Hydra(task_name="superpos", config_loader=self._loader)
        self.read: Callable[[str], Override] = reader(self._loader)
        self.words: list[str] = [*self._given.overrides]
        self.multirun: bool = self._given.multirun or "hydra.mode=MULTIRUN" in self.words
        self._before = GlobalHydra.instance().hydra

    def __enter__(self) -> "Session":
        """Make it the global one."""
        GlobalHydra.instance().hydra = self._hydra
        return self

    def __exit__(self, *error: object) -> None:
        """Bring back the one before."""
        GlobalHydra.instance().hydra = self._before

    def compose(self, words: Sequence[str], *, several: bool = True) -> DictConfig:
        """The config with these words; without `several`, one that gives several is refused."""
        mode = RunMode.MULTIRUN if several else RunMode.RUN
        return self._hydra.compose_config(
            BASE, [*words], mode, from_shell=False, validate_sweep_overrides=not several
        )

    def start(self, main: Callable[[DictConfig], Any], check: Callable[[DictConfig], None]) -> None:
        """Run all jobs, or show what was asked for instead.

        Args:
            main: runs a job. What Hydra writes down of it is left to `record`.
            check: of a single run, before anything is written; raises what is wrong.
        """
        given, words = self._given, self.words
        if given.cfg:
            self._hydra.show_cfg(BASE, words, given.cfg, given.package, given.resolve)
        elif given.info:
            self._hydra.show_info(given.info, BASE, words)
        elif given.hydra_help:
            self._hydra.hydra_help(None, self._parser, given)
        elif given.shell_completion:
            self._hydra.shell_completion(BASE, words)
        elif self.multirun:
            refuse_twice(self.read, words, self.compose(words).hydra.sweeper)
            self._loader.records = False
            self._hydra.multirun(BASE, main, [*words, "hydra.mode=MULTIRUN"])
        else:
            with current(self.compose(words)) as config:
                check(config)
            self._loader.records = False
            self._hydra.run(BASE, main, [*words, "hydra.mode=RUN"])

    def record(self) -> None:
        """Write down the config of the job that is running, as Hydra does before a job.

        Raises:
            RefusedError: it cannot be written, or a link is in the place.
        """
        if self._loader.subfolder is None:
            return
        hydra: Any = HydraConfig.get()
        whole: Any = OmegaConf.to_container(hydra._get_parent(), resolve=False, enum_to_str=True)
        own = whole.pop("hydra")
        own["output_subdir"] = self._loader.subfolder
        folder = Path(hydra.runtime.output_dir, self._loader.subfolder)
        nodes = {"config": whole, "hydra": {"hydra": own}, "overrides": own["overrides"]["task"]}
        for name, node in nodes.items():
            _write(folder / f"{name}.yaml", _yaml_of(node))

    def options(self, group: str) -> list[str]:
        """What a group offers on the search path, sorted; empty where there is no such group."""
        return sorted(nested(self._repository.get_group_options, group))

    def groups(self) -> list[str]:
        """Names of the groups of the application."""
        return self._repository.get_group_options("", ObjectType.GROUP)

    @functools.cached_property
    def _repository(self) -> Any:
        """All that is on the search path, with what the command line adds to it."""
        words = [word for word in self.words if word.startswith("hydra.searchpath=")]
        return self._loader._parse_overrides_and_create_caching_repo(BASE, words)[1]


@contextlib.contextmanager
def environment_as(text_of: Callable[..., str]) -> Iterator[None]:
    """Let ${oc.env:...} stand for what a function makes of its arguments inside."""
    OmegaConf.register_new_resolver("oc.env", text_of, replace=True)
    try:
        yield
    finally:
        OmegaConf.register_new_resolver("oc.env", oc.env, replace=True)


def _search_path(folder: Path, own: str | None) -> ConfigSearchPath:
    """Where configs are: the application's, those of plugins, then a folder of the user's."""
    search_path = create_config_search_path(str(folder))
    if own is not None:
        if not Path(own).is_dir():
            raise RefusedError(f"--config-dir {own}: expected a folder with configs")
        schema = SearchPathQuery(provider="schema")
        search_path.prepend("command-line", f"file://{Path(own).absolute()}", schema)
    return search_path


def _yaml_of(node: Any) -> str:
    """What OmegaConf.to_yaml gives of a config, from its container, as a config is slow to make."""
    dumper = get_omega_conf_dumper()
    return yaml.dump(
        node, Dumper=dumper, default_flow_style=False, allow_unicode=True, sort_keys=False
    )


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.parent.is_symlink() or path.is_symlink():
            raise RefusedError(f"{path}: a link, expected a file of this run")
        path.write_text(text, "utf-8")
    except OSError as error:
        raise RefusedError(f"{path}: cannot write ({error.strerror})") from None


def _no_option(message: str) -> NoReturn:
    raise RefusedError(message)
