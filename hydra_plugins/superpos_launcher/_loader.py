"""Hydra's loader of configs, which gives it none that the application has not checked."""

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import ConfigRepository
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from hydra.core.object_type import ObjectType
from omegaconf import DictConfig, OmegaConf

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


class Loader(ConfigLoaderImpl):
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

    def get_group_options(
        self,
        group_name: str,
        results_filter: ObjectType | None = ObjectType.CONFIG,
        config_name: str | None = None,
        overrides: list[str] | None = None,
    ) -> list[str]:
        """As Hydra's, with elhage/intro among the experiments, for a shell that completes them."""

        def listed(group: str, kind: ObjectType | None) -> list[str]:
            return ConfigLoaderImpl.get_group_options(self, group, kind, config_name, overrides)

        if results_filter != ObjectType.CONFIG:
            return listed(group_name, results_filter)
        return nested(listed, group_name)

    def _process_config_searchpath(
        self, config_name: Any, parsed_overrides: Any, repo: Any
    ) -> None:
        for override in parsed_overrides:
            if override.key_or_group == "hydra.searchpath" and "pkg:" in str(override.value()):
                raise RefusedError(
                    f"{override.input_line}: expected folders, as a package is imported"
                )
        super()._process_config_searchpath(config_name, parsed_overrides, repo)


def nested(listed: Callable[[str, ObjectType], list[str]], group: str) -> list[str]:
    """Options of a group, and of those within it, such as elhage/intro."""
    found = listed(group, ObjectType.CONFIG)
    for name in listed(group, ObjectType.GROUP):
        found += [f"{name}/{option}" for option in nested(listed, f"{group}/{name}")]
    return found


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


def _refuse(problems: Iterable[str]) -> None:
    if text := "\n".join(problems):
        raise RefusedError(text)
