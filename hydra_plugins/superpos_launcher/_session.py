"""Hydra from the words of a command line to the end of its jobs, as `hydra.main` runs it.

Unlike `hydra.main` it lets the application check each file before it is read, and each config, of
a run or of a job, before Hydra acts on it.
"""

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from hydra import version
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import ConfigRepository
from hydra._internal.core_plugins.file_config_source import FileConfigSource
from hydra._internal.hydra import Hydra
from hydra._internal.utils import create_config_search_path, get_args_parser
from hydra.core.config_search_path import ConfigSearchPath, SearchPathQuery
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

BASE = "config"
"""The config that every run starts from."""
NOT_TAKEN = ("experimental_rerun", "config_path", "config_name")
"""Options of Hydra: one unpickles a file, the others replace the config of all runs."""
RESOLVED = ("launcher", "sweeper")


class RefusedError(Exception):
    """What an application, or the session, does not take; a line for each problem."""


class Checks(NamedTuple):
    """What an application refuses; each gives a line for every problem.

    Attributes:
        file: path of a config file -> what is wrong with it.
        calls: (what a config has below `hydra`; group -> option -> config that a plugin
            registered; dotted keys of the command line) -> what it must not have. Launcher and
            sweeper are resolved, the rest is as written.
    """

    file: Callable[[Path], Iterable[str]]
    calls: Callable[
        [Mapping[str, Any], Callable[[str], Mapping[str, Any]], Collection[str]], Iterable[str]
    ]


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
        loader = _Loader(_search_path(folder, self._given.config_dir), checks)
        self._hydra = Hydra(task_name="superpos", config_loader=loader)
        self.read: Callable[[str], Override] = OverridesParser.create(loader).parse_override
        self.words: list[str] = [*self._given.overrides]
        self.multirun: bool = self._given.multirun
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

    def start(self, main: Callable[[DictConfig], Any]) -> None:
        """Run all jobs, or show what was asked for instead."""
        given, words = self._given, self.words
        if given.cfg:
            self._hydra.show_cfg(BASE, words, given.cfg, given.package, given.resolve)
        elif given.info:
            self._hydra.show_info(given.info, BASE, words)
        elif given.hydra_help:
            self._hydra.hydra_help(None, self._parser, given)
        elif given.shell_completion:
            self._hydra.shell_completion(BASE, words)
        elif self.multirun or self.compose(words).hydra.mode is RunMode.MULTIRUN:
            self._hydra.multirun(BASE, main, [*words, "hydra.mode=MULTIRUN"])
        else:
            self._hydra.run(BASE, main, [*words, "hydra.mode=RUN"])

    def options(self, group: str) -> list[str]:
        """What a group offers on the search path, sorted; empty where there is no such group."""
        loader = self._hydra.config_loader
        words = [word for word in self.words if word.startswith("hydra.searchpath=")]
        found = loader.get_group_options(group, ObjectType.CONFIG, BASE, words)
        for name in loader.get_group_options(group, ObjectType.GROUP, BASE, words):
            found += [f"{name}/{option}" for option in self.options(f"{group}/{name}")]
        return sorted(found)

    def groups(self) -> Sequence[str]:
        """Names of all groups."""
        return self._hydra.list_all_config_groups()


class _Repository(ConfigRepository):
    """Has each file checked before it is read."""

    def __init__(self, search_path: ConfigSearchPath, checks: Checks) -> None:
        super().__init__(search_path)
        self._checks = checks

    def load_config(self, config_path: str) -> Any:
        source = self._find_object_source(config_path, ObjectType.CONFIG)
        if isinstance(source, FileConfigSource):
            path = Path(source.path, source._normalize_file_name(config_path))
            _refuse(self._checks.file(path))
        return super().load_config(config_path)


class _Loader(ConfigLoaderImpl):
    """Gives Hydra no config that the application has not checked."""

    def __init__(self, search_path: ConfigSearchPath, checks: Checks) -> None:
        super().__init__(search_path)
        self.repository = _Repository(search_path, checks)
        self._checks = checks

    def load_configuration(self, *words: Any, **settings: Any) -> DictConfig:
        config = super().load_configuration(*words, **settings)
        typed = [*config.hydra.overrides.hydra, *config.hydra.overrides.task]
        keys = [word.lstrip("+~").partition("=")[0] for word in typed]
        with current(config):
            node: Any = OmegaConf.to_container(config.hydra, resolve=False)
            node |= {name: _resolved(config.hydra, name) for name in RESOLVED}
        _refuse(self._checks.calls(node, _registered, keys))
        return config

    def _process_config_searchpath(
        self, config_name: Any, parsed_overrides: Any, repo: Any
    ) -> None:
        for override in parsed_overrides:
            if override.key_or_group == "hydra.searchpath" and "pkg:" in str(override.value()):
                raise RefusedError(
                    f"{override.input_line}: expected folders, as a package is imported"
                )
        super()._process_config_searchpath(config_name, parsed_overrides, repo)


@contextlib.contextmanager
def current(config: DictConfig) -> Iterator[DictConfig]:
    """Let ${hydra:...} mean that of a config inside."""
    holder: Any = HydraConfig.instance()
    before, holder.cfg = holder.cfg, config
    try:
        yield config
    finally:
        holder.cfg = before


def _resolved(node: DictConfig, name: str) -> Any:
    """A section without interpolations, which might stand for anything."""
    try:
        value = node[name]
        return OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value
    except Exception as error:
        reason = " ".join(str(error).splitlines()[:1])
        raise RefusedError(f"hydra.{name}: expected plain values ({reason})") from None


def _registered(group: str) -> dict[str, Any]:
    """Option -> config, of a group, as plugins registered them."""
    found: Any = ConfigStore.instance().repo
    for part in group.split("/"):
        found = found.get(part) if isinstance(found, dict) else None
    return {
        name.removesuffix(".yaml"): OmegaConf.to_container(each.node, resolve=False)
        for name, each in (found or {}).items()
        if not isinstance(each, dict)
    }


def _search_path(folder: Path, own: str | None) -> ConfigSearchPath:
    """Where configs are: the application's, those of plugins, then a folder of the user's."""
    search_path = create_config_search_path(str(folder))
    if own is not None:
        if not Path(own).is_dir():
            raise RefusedError(f"--config-dir {own}: expected a folder with configs")
        schema = SearchPathQuery(provider="schema")
        search_path.prepend("command-line", f"file://{Path(own).absolute()}", schema)
    return search_path


def _refuse(problems: Iterable[str]) -> None:
    if text := "\n".join(problems):
        raise RefusedError(text)


def _no_option(message: str) -> NoReturn:
    raise RefusedError(message)
