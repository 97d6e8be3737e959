"""The configs of many jobs, of which few are composed from files."""

import copy
import functools
from collections.abc import Callable, Sequence
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf

_apply: Any = None
_dirname: Any = None
try:  # Hydra's own steps after the files are composed; not public, so some versions lack them
    from hydra._internal import config_loader_impl as _steps

    _apply = _steps.ConfigLoaderImpl._apply_overrides_to_config
    _dirname = _steps.get_overrides_dirname
except (ImportError, AttributeError):
    pass


class Composer:
    """Composes the config of a job.

    Composing from files takes Hydra some 60 ms, and jobs of a multirun differ mostly in values. So
    files are composed once for each set of overrides that choose or add parts of the config, and
    values are laid over a copy, by Hydra's own function. The first job of each set is composed in
    both ways; where they differ, that set is always composed from files.
    """

    def __init__(self, config_loader: Any, master: DictConfig) -> None:
        """Start without anything composed.

        Args:
            config_loader: that of Hydra's context.
            master: the config of the multirun.
        """
        self._loader = config_loader
        self._master = master
        self._parse = functools.cache(
            OverridesParser.create(config_loader=config_loader).parse_override
        )
        self._is_group = functools.cache(config_loader.repository.group_exists)
        self._bases: dict[tuple[str, ...], DictConfig | None] = {}

    def compose(self, overrides: Sequence[str]) -> DictConfig:
        """The config of the job with these overrides, equal to that of Hydra's own launchers.

        Raises:
            HydraException: it cannot be composed.
        """
        if _apply is None or _dirname is None:
            return self._from_files(overrides)
        parsed = [self._parse(override) for override in overrides]
        values = [override for override in parsed if self._is_value(override)]
        structure = tuple(o.input_line or "" for o in parsed if not self._is_value(o))
        if structure not in self._bases:
            stock = self._from_files(overrides)
            self._bases[structure] = base = self._from_files(structure)
            if not _equal(self._over(base, parsed, values), stock):
                self._bases[structure] = None
            return stock
        base = self._bases[structure]
        return self._from_files(overrides) if base is None else self._over(base, parsed, values)

    def _from_files(self, overrides: Sequence[str]) -> DictConfig:
        return self._loader.load_sweep_config(self._master, list(overrides))

    def _is_value(self, override: Override) -> bool:
        """Tell a new value of a key from a choice, an addition or a deletion."""
        plain = not (override.is_add() or override.is_force_add() or override.is_delete())
        return plain and override.package is None and not self._is_group(override.key_or_group)

    def _over(
        self, base: DictConfig, parsed: Sequence[Override], values: Sequence[Override]
    ) -> DictConfig:
        """Lay values over a copy of what was composed from files."""
        config = copy.deepcopy(base)
        _apply(list(values), config)
        config.hydra.overrides.task = [override.input_line for override in parsed]
        names = config.hydra.job.config.override_dirname
        config.hydra.job.override_dirname = _dirname(
            overrides=list(parsed),
            kv_sep=names.kv_sep,
            item_sep=names.item_sep,
            exclude_keys=names.exclude_keys,
        )
        OmegaConf.copy_cache(from_config=self._master, to_config=config)
        return config


def reader(loader: Any) -> Callable[[str], Override]:
    """How Hydra's parser reads a word; globs look at what a group offers."""
    parser = OverridesParser.create(loader)

    def read(text: str) -> Override:
        override = parser.parse_override(text)
        override.config_loader = loader
        return override

    return read


def _equal(first: DictConfig, second: DictConfig) -> bool:
    return OmegaConf.to_yaml(first) == OmegaConf.to_yaml(second)


def refuse_hydra_keys(overrides: Sequence[str]) -> None:
    """Refuse what a program that is shared by all jobs cannot honour for one of them."""
    for override in overrides:
        if override.lstrip("+~").startswith(("hydra.", "hydra/", "hydra=", "hydra@")):
            raise HydraException(
                f"{override}: a job of its own value, expected the same hydra.* for all jobs of"
                " hydra/launcher=vmap"
            )
