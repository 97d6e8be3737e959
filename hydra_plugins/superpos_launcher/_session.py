"""Hydra from the words of a command line to the end of its jobs, as `hydra.main` runs it.

Unlike `hydra.main` it lets the application check each file before it is read, and each config, of
a run or of a job, before Hydra acts on it.
"""

import contextlib
import functools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from hydra import version
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import ConfigRepository
from hydra._internal.hydra import Hydra
from hydra._internal.utils import create_config_search_path, get_args_parser
from hydra.core.config_search_path import ConfigSearchPath, SearchPathQuery
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.types import Override
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.resolvers import oc

from hydra_plugins.superpos_launcher._compose import reader
from hydra_plugins.superpos_launcher.grid import refuse_twice

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
        self._loader = _Loader(_search_path(folder, self._given.config_dir), checks)
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
        whole = hydra._get_parent()
        task = OmegaConf.masked_copy(whole, [key for key in whole if key != "hydra"])
        own: Any = OmegaConf.masked_copy(whole, "hydra")
        OmegaConf.set_readonly(own.hydra, False)
        own.hydra.output_subdir = self._loader.subfolder
        folder = Path(hydra.runtime.output_dir, self._loader.subfolder)
        for name, node in (("config", task), ("hydra", own), ("overrides", hydra.overrides.task)):
            _write(folder / f"{name}.yaml", OmegaConf.to_yaml(node))

    def options(self, group: str) -> list[str]:
        """What a group offers on the search path, sorted; empty where there is no such group."""
        found = self._repository.get_group_options(group, ObjectType.CONFIG)
        for name in self._repository.get_group_options(group, ObjectType.GROUP):
            found += [f"{name}/{option}" for option in self.options(f"{group}/{name}")]
        return sorted(found)

    def groups(self) -> list[str]:
        """Names of the groups of the application."""
        return self._repository.get_group_options("", ObjectType.GROUP)

    @functools.cached_property
    def _repository(self) -> Any:
        """All that is on the search path, with what the command line adds to it."""
        words = [word for word in self.words if word.startswith("hydra.searchpath=")]
        return self._loader._parse_overrides_and_create_caching_repo(BASE, words)[1]


class _Repository(ConfigRepository):
    """Has each file checked before it is read."""

    def __init__(self, search_path: ConfigSearchPath, checks: Checks) -> None:
        super().__init__(search_path)
        self._checks = checks

    def load_config(self, config_path: str) -> Any:
        # Not by class: Hydra executes the modules of its sources twice.
        files = [each for each in self.sources if each.scheme() == "file"]
        found = [each for each in files if each.is_config(config_path)]
        paths = [Path(each.path, each._normalize_file_name(config_path)) for each in found]
        if len(paths) > 1:
            raise RefusedError(f"{paths[1]}: is in {found[0].path} too, expected another name")
        for path in paths:
            _refuse(self._checks.file(path))
        return super().load_config(config_path)


class _Loader(ConfigLoaderImpl):
    """Gives Hydra no config that the application has not checked.

    Attributes:
        records: Hydra writes down what a job is before it is known whether that can be run.
        subfolder: where, in the folder of a job; None is nowhere.
    """

    def __init__(self, search_path: ConfigSearchPath, checks: Checks) -> None:
        super().__init__(search_path)
        self.repository = _Repository(search_path, checks)
        self.records = True
        self.subfolder: str | None = None
        self._checks = checks

    def load_configuration(self, *words: Any, **settings: Any) -> DictConfig:
        config = super().load_configuration(*words, **settings)
        with current(config):
            node: Any = OmegaConf.to_container(config.hydra, resolve=False)
            typed = [*node["overrides"]["hydra"], *node["overrides"]["task"]]
            keys = [word.lstrip("+~").partition("=")[0] for word in typed]
            node |= {name: _resolved(config.hydra, name) for name in RESOLVED}
        _refuse(self._checks.calls(node, _registered, keys))
        if not self.records:
            self.subfolder, config.hydra.output_subdir = config.hydra.output_subdir, None
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


@contextlib.contextmanager
def environment_as(text_of: Callable[..., str]) -> Iterator[None]:
    """Let ${oc.env:...} stand for what a function makes of its arguments inside."""
    OmegaConf.register_new_resolver("oc.env", text_of, replace=True)
    try:
        yield
    finally:
        OmegaConf.register_new_resolver("oc.env", oc.env, replace=True)


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


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.parent.is_symlink() or path.is_symlink():
            raise RefusedError(f"{path}: a link, expected a file of this run")
        path.write_text(text, "utf-8")
    except OSError as error:
        raise RefusedError(f"{path}: cannot write ({error.strerror})") from None


def _refuse(problems: Iterable[str]) -> None:
    if text := "\n".join(problems):
        raise RefusedError(text)


def _no_option(message: str) -> NoReturn:
    raise RefusedError(message)
