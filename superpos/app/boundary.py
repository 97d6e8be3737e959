"""The wall between Hydra and the rest: command line in, plain dictionaries out.

The only file that touches hydra or omegaconf, beside the plugins that Hydra finds. Behind it
nobody sees a DictConfig, and every complaint of Hydra's has become one line.
"""

import hashlib
import os
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import hydra
from hydra import errors
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from hydra.core.plugins import Plugins
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import DictConfig, OmegaConf

from superpos.app.choices import choices, without_yaml
from superpos.app.complaints import one_line
from superpos.app.extensions import extensions, program

LONGEST_NAME = 120
FOUND = "optimization_results.yaml"
"""The file that Hydra's sweepers write at the end of a search, into hydra.sweep.dir."""
INTERPOLATION = re.compile(r"\$\{([A-Za-z_]\w*(\.\w+)*)\}")


class UsageError(Exception):
    """A command line that Hydra cannot compose, as one line."""


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
        sweeper: settings of the sweeper, hydra.sweeper.
        n_jobs: jobs that the sweeper is to send in all, None where it does not say.
        found: where a sweeper that searches writes what it has found.
        command: the command line.
    """

    folder: Path
    swept: Sequence[str]
    options: Mapping[str, Any]
    sweeper: Mapping[str, Any]
    n_jobs: int | None
    found: Path
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

    def main(config: DictConfig) -> Any:
        # Hydra must not see an error of a job: it would print it, and leave the other jobs out.
        try:
            plain = _plain(config)
        except Exception as error:
            failures.append(UsageError(one_line(error, words, _with_groups)))
            return None
        try:
            outcome = task(plain)
        except Exception as error:
            failures.append(error)
            return None
        codes.append(outcome.code)
        return outcome.value

    prepare()
    os.environ["HYDRA_FULL_ERROR"] = "1"  # raise, so that the complaint can become one line
    vmap = _Vmap(batch, words, failures)
    main.vmap = vmap  # pyright: ignore[reportFunctionMemberAccess]
    sys.argv[1:] = [_as_list(word) for word in words]  # where Hydra reads them
    try:
        hydra.main(version_base="1.3", config_path=str(_conf()), config_name="config")(main)()
    except JobError:
        codes.append(3)
    except Exception as error:
        if vmap.values == {False}:  # what a sweeper says that has nothing to choose from
            return 3
        failures.append(UsageError(one_line(error, words, _with_groups)))
    if failures:
        raise failures[0] from None
    return max(codes, default=0)


class _Vmap:
    """What `hydra/launcher=vmap` asks of an application."""

    def __init__(self, batch: Batch, words: Sequence[str], failures: list[Exception]) -> None:
        self._batch = batch
        self._command = _command(words)
        self._failures = failures
        self.values: set[bool] = set()
        """Whether a job has a value, for those that are finished."""

    def prepare(self, config: DictConfig) -> dict[str, Any]:
        return _plain(config)

    def run(self, jobs: Sequence[dict[str, Any]], launch: Any) -> list[Callable[[], Any]]:
        typed = sorted(
            w for w in launch.arguments if not w.startswith(("experiment=", "output_dir="))
        )
        name = Path(jobs[0]["experiment"], _folder_name(",".join(typed)))
        folder = Path(launch.options["folder"] or Path(launch.sweep_dir, name)).absolute()
        try:
            about = Launch(
                folder,
                launch.swept,
                launch.options,
                sweeper=launch.sweeper,
                n_jobs=launch.n_jobs,
                found=Path(launch.sweep_dir, FOUND).absolute(),
                command=self._command,
            )
            finishes = self._batch(jobs, about)
        except Exception as error:
            self._failures.append(error)
            raise
        return [lambda finish=finish: self._finish(finish) for finish in finishes]

    def _finish(self, finish: Finish) -> Any:
        try:
            value = finish(Path(HydraConfig.get().runtime.output_dir))
        except JobError:
            self.values.add(False)
            raise
        self.values.add(True)
        return value


def compose(overrides: Sequence[str]) -> dict[str, Any]:
    """Compose a config without running anything, as the command line with these overrides would.

    Args:
        overrides: such as ["experiment=elhage/intro", "seed=3"].

    Returns:
        The plain, resolved config.

    Raises:
        UsageError: it cannot be composed.
    """
    prepare()
    words, running = [_as_list(word) for word in overrides], HydraConfig.instance().cfg
    try:
        with hydra.initialize_config_dir(str(_conf()), version_base="1.3"):
            config = hydra.compose("config", words, return_hydra_config=True)
            HydraConfig.instance().set_config(config)
            return _plain(config)
    except Exception as error:
        raise UsageError(one_line(error, overrides, _with_groups)) from None
    finally:
        HydraConfig.instance().cfg = running  # of the command that asks


def experiments() -> list[str]:
    """Names of all experiments, as in `experiment=<name>`."""
    return choices("experiment")


class _ExtensionConfigs(SearchPathPlugin):
    """Hydra looks for configs in the folders of extensions too."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        for extension in extensions()[1:]:
            if extension.configs.is_dir():
                search_path.append(extension.name, f"file://{extension.configs}")


def prepare() -> None:
    """What configs need: names of folders, the folders of extensions, and what has no YAML file."""
    OmegaConf.register_new_resolver("folder_name", _folder_name, replace=True)
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


def _folder_name(text: str) -> str:
    """One plain part of a path, however long the text and whatever is in it."""
    plain = text.replace("/", "_").replace("\0", "_")
    plain = plain.replace("..", "_") if set(plain) <= {"."} else plain
    if len(plain.encode()) <= LONGEST_NAME:
        return plain
    return f"{plain[: LONGEST_NAME // 2]}~{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _as_list(word: str) -> str:
    """An axis given by one generator, as a list: Hydra would merge it into the generator before."""
    key, sign, value = word.partition("=")
    generator = key.lstrip("+").startswith("sweep.") and value.strip().startswith("{")
    return f"{key}{sign}[{value}]" if generator else word


def _plain(config: DictConfig) -> dict[str, Any]:
    chosen = HydraConfig.get()
    overrides = [str(override) for override in chosen.overrides.task]
    values = {str(key): config[key] for key in config if key != "hydra"}
    return {
        "links": {
            name: source
            for name, source in _links(OmegaConf.to_container(config, resolve=False), "")
            if not name.startswith("hydra.")
        },
        **{
            key: OmegaConf.to_container(value, resolve=True)
            if OmegaConf.is_config(value)
            else value
            for key, value in values.items()
        },
        "experiment": chosen.runtime.choices["experiment"],
        "command": _command(overrides),
        "overrides": overrides,
    }


def _links(node: Any, prefix: str) -> Iterator[tuple[str, str]]:
    """Dotted key -> the key whose value it takes, for each interpolation of a single value."""
    for name, value in node.items() if isinstance(node, dict) else ():
        found = INTERPOLATION.fullmatch(value) if isinstance(value, str) else None
        if found:
            yield f"{prefix}{name}", found[1]
        yield from _links(value, f"{prefix}{name}.")


def _command(words: Sequence[str]) -> str:
    return f"{program()} {shlex.join(words)}".rstrip()


def _with_groups(words: Sequence[str]) -> Any:
    """The config with the groups that were chosen, but none of the values."""
    try:
        with hydra.initialize_config_dir(str(_conf()), version_base="1.3"):
            return OmegaConf.to_container(hydra.compose("config", [*words]), resolve=False)
    except errors.HydraException:  # a group is wrong as well; its keys are not known
        return {}
