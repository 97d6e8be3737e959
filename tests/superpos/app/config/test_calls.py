"""What a config would have Hydra call is refused, but for the chosen plugins' own targets."""

from typing import Any

import pytest

from superpos.app.config.calls import problems_of

LOG = {
    "version": 1,
    "formatters": {"simple": {"format": "%(message)s"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout"},
        "file": {
            "class": "logging.FileHandler",
            "filename": "${hydra.runtime.output_dir}/${hydra.job.name}.log",
        },
    },
    "root": {"level": "INFO", "handlers": ["console", "file"]},
}
PLUGINS = {
    "hydra/launcher": {"basic": {"_target_": "h.Basic"}, "vmap": {"_target_": "h.Vmap", "ray": {}}},
    "hydra/sweeper": {"optuna": {"_target_": "h.Optuna", "custom_search_space": None}},
    "hydra/sweeper/sampler": {"grid": {"_target_": "o.Grid", "_partial_": True}},
}
CHOICES = {"hydra/launcher": "vmap", "hydra/sweeper": "optuna", "hydra/sweeper/sampler": "grid"}


def node_with(path: str, value: Any) -> dict[str, Any]:
    """What a config has below `hydra` that calls nothing else, with one value changed."""
    node: dict[str, Any] = {
        "callbacks": {},
        "hydra_logging": LOG,
        "job_logging": LOG,
        "launcher": {"_target_": "h.Vmap", "ray": {}, "submitit": {}},
        "sweeper": {
            "_target_": "h.Optuna",
            "custom_search_space": None,
            "sampler": {"_target_": "o.Grid", "_partial_": True},
            "params": {"seed": "range(3)"},
        },
        "job": {"name": "superpos", "env_set": {}, "env_copy": []},
        "output_subdir": ".hydra",
        "runtime": {"choices": CHOICES},
    }
    *parents, name = path.split("/")
    inner = node
    for parent in parents:
        inner[parent] = dict(inner.get(parent) or {})
        inner = inner[parent]
    inner[name] = value
    return node


def found(path: str, value: Any, *typed: str) -> list[str]:
    registered = lambda group: PLUGINS.get(group, {})  # noqa: E731
    return [*problems_of(node_with(path, value), registered, typed)]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("callbacks/x", {"_target_": "numpy.load"}),
        ("callbacks", "${elsewhere}"),
        ("job_logging/formatters/x", {"()": "os.system"}),
        ("job_logging/formatters/x", {"class": "os.system"}),
        ("job_logging/formatters/x", {"class": "${elsewhere}"}),
        ("job_logging/filters/x", {"()": "os.system"}),
        ("job_logging/handlers/x", {"class": "numpy.savetxt", "fname": "x"}),
        ("job_logging/handlers/x", {"class": "logging.FileHandler", "filename": "/etc/passwd"}),
        ("job_logging/handlers/x", {"class": "logging.handlers.QueueHandler", "queue": "os.abort"}),
        ("job_logging/handlers/x/stream", "ext://os.environ"),
        ("job_logging/handlers/x/stream", "cfg://handlers.file"),
        ("job_logging/handlers/x/stream", "${elsewhere}"),
        ("job_logging/handlers/x/.", {"stream": 3}),
        ("job_logging/handlers", "${elsewhere}"),
        ("job_logging/root/handlers", ["${elsewhere}"]),
        ("hydra_logging", "${elsewhere}"),
        ("hydra_logging/handlers/x/class", "os.system"),
        ("launcher/_target_", "h.Basic"),
        ("launcher/_target_", "numpy.load"),
        ("launcher/_args_", ["x"]),
        ("launcher/folder", {"_target_": "numpy.load"}),
        ("launcher/folder/deep", [{"_target_": "numpy.load"}]),
        ("sweeper/sampler/_target_", "numpy.load"),
        ("sweeper/sampler/_partial_", False),
        ("sweeper/storage", {"_target_": "numpy.load"}),
        ("sweeper/custom_search_space", "os.system"),
        ("job/env_copy", ["TOKEN"]),
        ("job/env_set", {"SUPERPOS_WITH": "a_package"}),
        ("job/name", "../../up"),
        ("launcher/submitit", {"setup": ["touch x"]}),
        ("launcher/ray", {"runtime_env": {"py_executable": "x"}}),
        ("output_subdir", "../up"),
    ],
)
def test_what_would_call_something_is_refused(path: str, value: Any) -> None:
    lines = found(path, value)
    assert lines
    for line in lines:
        assert line.startswith(f"hydra.{path.split('/')[0]}")
        assert ": expected" in line
        assert len(line.splitlines()) == 1


@pytest.mark.parametrize(
    ("path", "value", "typed"),
    [
        ("callbacks", {}, ()),
        ("job_logging", None, ()),
        ("launcher/folder", "outputs/mine", ()),
        ("sweeper/sampler/seed", 3, ()),
        ("job/env_set", {"X": "1"}, ["hydra.job.env_set.X"]),
        ("job/env_set", {"X": "1"}, ["hydra.job"]),
        ("launcher/ray", {"remote": {"num_gpus": 1}}, ["hydra.launcher.ray.remote.num_gpus"]),
        ("output_subdir", None, ()),
    ],
)
def test_what_calls_nothing_else_is_taken(path: str, value: Any, typed: list[str]) -> None:
    assert found(path, value, *typed) == []


def test_another_word_of_the_command_line_is_no_licence() -> None:
    [line] = found("job/env_set", {"X": "1", "XY": "2"}, "hydra.job.env_set.XY")
    assert line.startswith("hydra.job.env_set.X='1': expected on the command line alone")


def test_an_option_that_no_plugin_registered_has_the_target_of_one_that_is() -> None:
    """A launcher in a file of the user's, hydra/launcher/mine.yaml, with other settings."""
    node = node_with("runtime/choices/hydra", None) | {
        "runtime": {"choices": {"hydra/launcher": "mine"}}
    }
    assert [*problems_of(node, lambda group: PLUGINS.get(group, {}), ())] == []
    node["launcher"] = {"_target_": "numpy.load"}
    [line] = problems_of(node, lambda group: PLUGINS.get(group, {}), ())
    assert line.startswith("hydra.launcher._target_='numpy.load': expected")
