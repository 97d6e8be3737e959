"""The wall between Hydra and the rest: command line in, plain dictionaries out.

The only file that touches hydra or omegaconf, beside the plugins that Hydra finds. Behind it
nobody sees a DictConfig, and every complaint of Hydra's has become one line.
"""

import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.types import Override, QuotedString
from hydra.core.plugins import Plugins
from hydra.errors import HydraException
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import DictConfig, OmegaConf

from hydra_plugins.superpos_launcher._session import Checks, RefusedError, Session, current
from superpos.app.choices import without_yaml
from superpos.app.complaints import Line, Word, one_line
from superpos.app.config import calls, written, yaml_files
from superpos.app.config.axes import with_lists
from superpos.app.extensions import ExtensionError, extensions, program


class UsageError(Exception):
    """A command line that cannot be composed, or that may not be acted on; a line each."""


class JobError(Exception):
    """A job that has no value for its sweeper; what it was is told in one line."""


class Outcome(NamedTuple):
    """What a job came to: its exit code, and the value that a sweeper optimises."""

    code: int
    value: Any = None


class Launch(NamedTuple):
    """A multirun, as `hydra/launcher=vmap` hands it over.

    Attributes:
        folder: where the multirun is kept.
        swept: dotted keys that its jobs vary, empty where the sweeper does not say.
        options: settings of the launcher, hydra.launcher.
        command: the command line.
    """

    folder: Path
    swept: Sequence[str]
    options: Mapping[str, Any]
    command: str


Task = Callable[[dict[str, Any]], Outcome]
Finish = Callable[[Path], Any]
Batch = Callable[[Sequence[dict[str, Any]], Launch], Sequence[Finish]]


def run(words: Sequence[str], task: Task, batch: Batch) -> int:
    """Compose the config of the command line and hand it over, once per job of a multirun.

    Args:
        words: of the command line, without the program.
        task: runs one job, from its plain, resolved config with `experiment`, `output_dir`,
            `command` and `overrides` filled in.
        batch: trains all jobs of a multirun with hydra/launcher=vmap; gives for each what
            remains to be done: folder of the job -> value, which may raise JobError.

    Returns:
        The highest exit code of the jobs; 3 where one failed.

    Raises:
        UsageError: the command line cannot be composed, or the output folder cannot be made.
    """
    codes: list[int] = []
    failures: list[Exception] = []
    with _session(words) as session:

        def main(config: DictConfig) -> Any:
            # Hydra must not see an error of a job: it would print it, and leave other jobs out.
            try:
                plain = _plain(config)
            except Exception as error:
                failures.append(_refusal(session, error))
                return None
            try:
                outcome = task(plain)
            except Exception as error:
                failures.append(error)
                return None
            codes.append(outcome.code)
            return outcome.value

        main.vmap = _Vmap(batch, words, failures)  # pyright: ignore[reportFunctionMemberAccess]
        try:
            session.start(main)
        except JobError:
            codes.append(3)
        except Exception as error:
            failures.append(_refusal(session, error))
    if failures:
        raise failures[0] from None
    return max(codes, default=0)


class _Vmap:
    """What `hydra/launcher=vmap` asks of an application."""

    def __init__(self, batch: Batch, words: Sequence[str], failures: list[Exception]) -> None:
        self._batch = batch
        self._command = _command(words)
        self._failures = failures

    def prepare(self, config: DictConfig) -> dict[str, Any]:
        return _plain(config)

    def run(self, jobs: Sequence[dict[str, Any]], launch: Any) -> list[Callable[[], Any]]:
        typed = sorted(
            w for w in launch.arguments if not w.startswith(("experiment=", "output_dir="))
        )
        name = Path(jobs[0]["experiment"], written.folder_name(",".join(typed)))
        folder = Path(launch.options["folder"] or Path(launch.sweep_dir, name)).absolute()
        try:
            about = Launch(folder, launch.swept, launch.options, self._command)
            finishes = self._batch(jobs, about)
        except Exception as error:
            self._failures.append(error)
            raise
        return [lambda finish=finish: finish(_job_folder()) for finish in finishes]


def _job_folder() -> Path:
    return Path(HydraConfig.get().runtime.output_dir)


def compose(overrides: Sequence[str]) -> dict[str, Any]:
    """Compose a config without running anything, as the command line with these overrides would.

    Args:
        overrides: such as ["experiment=elhage/intro", "seed=3"].

    Returns:
        The plain, resolved config.

    Raises:
        UsageError: it cannot be composed.
    """
    with _session(overrides) as session:
        try:
            with current(session.compose(session.words, several=False)) as config:
                return _plain(config)
        except Exception as error:
            raise _refusal(session, error) from None


def experiments() -> list[str]:
    """Names of all experiments, as in `experiment=<name>`."""
    with _session(()) as session:
        return session.options("experiment")


class _ExtensionConfigs(SearchPathPlugin):
    """Hydra looks for configs in the folders of extensions too."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        for extension in extensions()[1:]:
            if extension.configs.is_dir():
                search_path.append(extension.name, f"file://{extension.configs}")


def _session(words: Sequence[str]) -> Session:
    """Hydra for a command line, with each generator of `sweep` in a list."""
    prepare()
    try:
        session = Session(words, _conf(), Checks(yaml_files.problems_of, calls.problems_of))
    except RefusedError as error:
        raise UsageError(str(error)) from None
    session.words = [_as_list(session, word) for word in session.words]
    return session


def _as_list(session: Session, text: str) -> str:
    """A word whose generators are lists: Hydra would merge them into what was there before.

    Hydra's parser says what is a generator. What it cannot read, Hydra complains of later.
    """
    try:
        override = session.read(text)
    except HydraException:
        return text
    if not f"{override.key_or_group}.".startswith("sweep.") or override.is_sweep_override():
        return text
    key, _, value = text.partition("=")
    given = override.value()
    lists = with_lists(given)
    if lists == given:
        return text
    whole = f"[{value}]" if isinstance(lists, list) else Override._get_value_element_as_str(lists)
    return f"{key}={whole}"


def _refusal(session: Session, error: Exception) -> Exception:
    """An error of Hydra's as one line; what is one already stays."""
    if isinstance(error, (UsageError, ExtensionError)):
        return error
    if isinstance(error, RefusedError):
        return UsageError(str(error))

    def with_groups(words: Sequence[str]) -> Any:
        try:
            return OmegaConf.to_container(session.compose(words), resolve=False)
        except Exception:  # a group is wrong as well; its keys are not known
            return {}

    words = [_word(session, text) for text in session.words]
    line = Line(words, session.multirun, session.options, session.groups, with_groups)
    return UsageError(one_line(error, line))


def _word(session: Session, text: str) -> Word:
    """A word as Hydra's parser reads it."""
    try:
        override = session.read(text)
    except HydraException as error:
        return Word(text, problem=" ".join(str(error).splitlines()[:1]))
    several = override.is_sweep_override()
    values = [*override.sweep_iterator()] if override.is_choice_sweep() else []
    values = values if several or override.is_delete() else [override.value()]
    plain = [value.text if isinstance(value, QuotedString) else value for value in values]
    return Word(text, override.key_or_group, plain, several)


def prepare() -> None:
    """What configs need: names of folders, the folders of extensions, and what has no YAML file."""
    OmegaConf.register_new_resolver("folder_name", written.folder_name, replace=True)
    if _ExtensionConfigs not in Plugins.instance().discover(SearchPathPlugin):
        Plugins.instance().register(_ExtensionConfigs)
    for group, name, node in without_yaml():
        ConfigStore.instance().store(name, node, group)


def _conf() -> Path:
    """The folder of superpos's own configs."""
    return extensions()[0].configs


def _plain(config: DictConfig) -> dict[str, Any]:
    chosen = HydraConfig.get()
    overrides = [str(override) for override in chosen.overrides.task]
    raw: Any = OmegaConf.to_container(config, resolve=False)
    raw.pop("hydra", None)
    return {
        "links": dict(written.links(raw)),
        **_values(config),
        "experiment": chosen.runtime.choices["experiment"],
        "command": _command(overrides),
        "overrides": overrides,
    }


def _values(config: DictConfig) -> dict[str, Any]:
    values = {str(key): config[key] for key in config if key != "hydra"}
    return {
        key: OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value
        for key, value in values.items()
    }


def _command(words: Sequence[str]) -> str:
    return f"{program()} {shlex.join(words)}".rstrip()
