"""The wall between Hydra and the rest: command line in, plain dictionaries out.

The only file that touches hydra or omegaconf, beside the plugins that Hydra finds. Behind it
nobody sees a DictConfig, and every complaint of Hydra's has become one line.
"""

import contextlib
import functools
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.types import Override, QuotedString
from hydra.core.plugins import Plugins
from hydra.errors import HydraException
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import DictConfig, OmegaConf

from hydra_plugins.superpos_launcher._loader import Checks, RefusedError, current
from hydra_plugins.superpos_launcher._session import Session, environment_as
from superpos.app.choices import without_yaml
from superpos.app.complaints import Line, Word, one_line, problem_of
from superpos.app.config import calls, written, yaml_files
from superpos.app.config.axes import with_lists
from superpos.app.extensions import ExtensionError, extensions, program
from superpos.app.jobs import (
    REFUSED,
    Batch,
    Check,
    Finish,
    JobError,
    Outcome,
    Task,
    UsageError,
)
from superpos.app.vmap import Vmap


def run(words: Sequence[str], task: Task, batch: Batch, check: Check | None = None) -> int:
    """Compose the config of the command line and hand it over, once per job of a multirun.

    Jobs run in the folder where the command was given, whatever hydra.job.chdir says, so that
    relative paths mean one thing.

    Args:
        words: of the command line, without the program.
        task: runs one job, from its plain, resolved config with `experiment`, `output_dir`,
            `command` and `overrides` filled in. Of a job with the exit code REFUSED nothing is
            written down.
        batch: trains all jobs of a multirun with hydra/launcher=vmap; gives for each what
            remains to be done: folder of the job -> value, which may raise JobError.
        check: raises what is wrong with the config of a single run, before anything is written.

    Returns:
        The highest exit code of the jobs; 3 where one failed.

    Raises:
        UsageError: the command line cannot be composed, or the output folder cannot be made.
    """
    codes: list[int] = []
    failures: list[Exception] = []
    new: list[Path] = []  # folders of a single run that are not there yet, the innermost first
    with _session(words) as session:
        here = functools.partial(contextlib.chdir, Path.cwd())

        def main(config: DictConfig) -> Any:
            # Hydra must not see an error of a job: it would print it, and leave other jobs out.
            try:
                plain = _plain(config)
            except Exception as error:
                failures.append(_refusal(session, error))
                return None
            try:
                with here():
                    outcome: Outcome = task(plain)
                _forget_folder(new) if outcome.code == REFUSED else session.record()
            except Exception as error:
                failures.append(_refusal(session, error) if type(error) is RefusedError else error)
                return None
            codes.append(outcome.code)
            return outcome.value

        def finished(finish: Finish) -> Any:
            session.record()
            with here():
                return finish(Path(HydraConfig.get().runtime.output_dir))

        def checked(config: DictConfig) -> None:
            plain = _plain(config)
            place = Path(config.hydra.run.dir).absolute()
            new.extend(path for path in (place, *place.parents) if not path.exists())
            try:
                check(plain) if check else None
            except Exception as error:
                failures.append(error)
                raise

        vmap = Vmap(batch, _command(words), failures, finished, prepare=_plain)
        main.vmap = vmap  # pyright: ignore[reportFunctionMemberAccess]
        try:
            if problem := problem_of(_line(session)):
                raise UsageError(problem)
            session.start(main, checked)
        except JobError:
            codes.append(3)
        except Exception as error:
            if vmap.values == {False}:  # what a sweeper says that has nothing to choose from
                return 3
            failures.append(_refusal(session, error))
    if failures:
        raise failures[0] from None
    return max(codes, default=0)


def _forget_folder(new: Sequence[Path]) -> None:
    """Remove the folder of a job that was refused, and those around it, where they are empty.

    Args:
        new: those that a single run has made, the innermost first.
    """
    folder = Path(HydraConfig.get().runtime.output_dir)
    top = Path(HydraConfig.get().sweep.dir).absolute()
    inside = [each for each in (folder, *folder.parents) if each.is_relative_to(top)]
    with contextlib.suppress(OSError):
        for each in new or inside:
            each.rmdir()


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
    return UsageError(one_line(error, _line(session)))


def _line(session: Session) -> Line:
    """The command line as Hydra reads it."""

    def with_groups(words: Sequence[str]) -> Any:
        try:
            return OmegaConf.to_container(session.compose(words), resolve=False)
        except Exception:  # a group is wrong as well; its keys are not known
            return {}

    words = [_word(session, text) for text in session.words]
    return Line(words, session.multirun, session.options, session.groups, with_groups)


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
    """What configs need: resolvers, the folders of extensions, and what has no YAML file."""
    OmegaConf.register_new_resolver("folder_name", written.folder_name, replace=True)
    OmegaConf.register_new_resolver("last", written.last, replace=True)
    if _ExtensionConfigs not in Plugins.instance().discover(SearchPathPlugin):
        Plugins.instance().register(_ExtensionConfigs)
    for group, name, node in without_yaml():
        ConfigStore.instance().store(name, node, group)
    # Axes are in the order as written, so no file names some beforehand; keys are checked later.
    ConfigStore.instance().store("default", DictConfig({}, flags={"struct": False}), "sweep")
    _let_trials_fail()


def _let_trials_fail() -> None:
    """A failed trial does not end a search of Optuna's, as it would do by default."""
    store = ConfigStore.instance()
    if "optuna.yaml" in store.list("hydra/sweeper"):
        optuna = store.load("hydra/sweeper/optuna.yaml")
        optuna.node.max_failure_rate = 1.0
        store.store("optuna", optuna.node, "hydra/sweeper", provider=optuna.provider)


def _conf() -> Path:
    """The folder of superpos's own configs."""
    return extensions()[0].configs


def _plain(config: DictConfig) -> dict[str, Any]:
    chosen = HydraConfig.get()
    overrides: Any = OmegaConf.to_container(chosen.overrides.task, resolve=False)
    raw: Any = OmegaConf.to_container(config, resolve=False)
    experiment = chosen.runtime.choices["experiment"]
    if "experiment" in raw:  # where Hydra puts a file that does not say otherwise
        first = "expected # @package _global_ as its first line, without which it changes nothing"
        raise UsageError(f"experiment={experiment}: {first}")
    values, unresolved = _values(config), {}
    if written.ENVIRONMENT in str(raw):
        with environment_as(written.text_of):
            asking = _values(config)
        unresolved = {key: asking[key] for key, value in values.items() if asking[key] != value}
    raw.pop("hydra", None)
    return {
        "links": dict(written.links(raw)),
        **values,
        "unresolved": unresolved,
        "experiment": experiment,
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
