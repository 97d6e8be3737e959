"""The engines with real workers: their results are those of one process, whoever is killed."""

import gc
import importlib.util
import ipaddress
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from superpos.app.command import main
from superpos.app.config.sweep_plan import ConfigError
from superpos.app.multirun.workers import make_pool, ray_tasks, wrong_options
from superpos.store import files
from superpos.train import store
from tests.superpos.app.conftest import new_process
from tests.superpos.app.multirun import conftest as multirun

ROOT = Path(__file__).resolve().parents[4]
GRID = (
    *("experiment=train", "model.n_hidden=2,3", "seed=range(4)", "fit.n_steps=16000"),
    *("fit.log_every=2000", "fit.batch_size=8", "evaluations.loss.batch_size=8"),
    *("engine.chunk=1", "engine.check_fragile=false", "hydra.launcher.folder=store"),
)
"""Two programs, eight chunks of half a second each."""
N_JOBS = 8
SUBMITIT = ("hydra.launcher.engine=submitit", "+hydra.launcher.submitit.cluster=local")
RAY = ("hydra.launcher.engine=ray", "+hydra.launcher.ray.num_cpus=2")
MAIN = """
import runpy, submitit
submitit.Job._results_timeout_s = 1  # how long it waits for what a killed process has not written
runpy.run_module("experiments", run_name="__main__", alter_sys=True)
"""
OPTIONS = {"engine": "local", "n_parts": 2, "retries": 2, "submitit": {}, "ray": {}}


@pytest.fixture(scope="module")
def home():
    """A home for what workers keep, compiled programs among it; short, for Ray's sockets in it."""
    with tempfile.TemporaryDirectory(prefix="superpos-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def started(home):
    @contextmanager
    def started(folder, *words):
        """The grid on the command line, in a folder; gone afterwards with all its workers."""
        own = {"HOME": str(home), "RAY_TMPDIR": str(home), "RAY_USAGE_STATS_ENABLED": "0"}
        process = subprocess.Popen(
            [sys.executable, "-c", MAIN, "-m", "hydra/launcher=vmap", *GRID, *words],
            cwd=folder,
            env={**os.environ, **own, "PYTHONPATH": str(ROOT), "JAX_NUM_CPU_DEVICES": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield process
        finally:
            for each in descendants(process) if process.poll() is None else ():
                each.kill()
            process.kill()
            process.communicate()

    return started


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """What one process, this one, makes of the grid."""
    folder = tmp_path_factory.mktemp("alone")
    with new_process(folder) as patch:
        patch.setattr(sys, "argv", ["experiments", "-m", "hydra/launcher=vmap", *GRID])
        assert main() == 0
    return store.open(folder / "store")


def finished(process, code=0):
    """Wait for the end; what was printed."""
    out, err = process.communicate(timeout=300)
    assert (process.returncode, err) == (code, ""), out + err
    return out


def descendants(process):
    return psutil.Process(process.pid).children(recursive=True)


def workers(process):
    """Processes that train for a run."""
    found = []
    for each in descendants(process):
        try:
            line = " ".join(each.cmdline())
        except psutil.Error:
            continue
        if "submitit.core._submit" in line or line.startswith("ray::train_alone"):
            found.append(each)
    return found


def is_loopback(address):
    """Whether an address, of either version, is of this machine alone."""
    found = ipaddress.ip_address(address)
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback


def listening(process):
    """Addresses at which a run and what it started can be reached."""
    found = [each.net_connections("inet") for each in [process, *descendants(process)]]
    return [each.laddr.ip for all_of in found for each in all_of if each.status == "LISTEN"]


def chunks(folder):
    """Chunk file -> its time of change and the members in it."""
    return {
        path: (path.stat().st_mtime_ns, *files.read_chunk(path).ids)
        for path in folder.glob("store/groups/*/chunks/*.chunk")
    }


def wait_for_chunks(folder, n_chunks, process):
    """Wait until some of the chunks are there, and give those."""
    for _ in range(6000):
        found = chunks(folder)
        if len(found) >= n_chunks:
            return found
        assert process.poll() is None, "".join(process.communicate())
        time.sleep(0.05)
    return pytest.fail(f"no {n_chunks} chunks after five minutes")


def check_same(folder, alone):
    """All members are there, once, with the bits of one process; and so are the jobs."""
    assert store.open(folder / "store").drop_attrs().identical(alone.drop_attrs())
    ids = [each for _, *ids in chunks(folder).values() for each in ids]
    assert len(ids) == len(set(ids)) == N_JOBS
    assert len([*folder.glob("outputs/train/*/result.json")]) == N_JOBS
    assert len([*folder.glob("outputs/train/*/.hydra/overrides.yaml")]) == N_JOBS


def check_killed(folder, process, n_chunks):
    """Kill a worker once some chunks are there: none of those is written again."""
    before = wait_for_chunks(folder, n_chunks, process)
    assert len(before) < N_JOBS
    workers(process)[0].kill()
    assert finished(process).count("worker lost, retry 1 of 2") == 1
    assert chunks(folder).items() >= before.items()


@pytest.mark.slow
def test_a_job_of_submitit_that_is_killed_costs_its_chunk_and_no_other(started, alone, tmp_path):
    with started(tmp_path, *SUBMITIT) as process:
        check_killed(tmp_path, process, 2)
    check_same(tmp_path, alone)

    sent = {*tmp_path.glob("store/submitit/*")}
    with started(tmp_path, *SUBMITIT) as process:
        assert "all found on disk" in finished(process)
    assert {*tmp_path.glob("store/submitit/*")} == sent
    assert len(sent) == 1


@pytest.mark.slow
def test_jobs_of_a_driver_that_was_killed_are_ended_by_the_next_command(started, alone, tmp_path):
    with started(tmp_path, *SUBMITIT) as process:
        wait_for_chunks(tmp_path, 1, process)
        left = descendants(process)
        for each in left:
            each.suspend()  # so that they do not end by themselves
        process.kill()
        process.wait()
        kept = chunks(tmp_path)
        assert len(kept) < N_JOBS
        with started(tmp_path, *SUBMITIT) as second:
            assert "jobs that an earlier command left were ended" in finished(second)
        assert psutil.wait_procs(left, timeout=1)[1] == []
    assert chunks(tmp_path).items() >= kept.items()
    check_same(tmp_path, alone)


@pytest.mark.slow
def test_tasks_of_ray_are_stopped_go_on_and_are_killed(started, alone, tmp_path):
    """SIGTERM ends all processes of Ray and keeps what is finished; the same command goes on."""
    with started(tmp_path, *RAY, "hydra.launcher.n_parts=1") as process:
        wait_for_chunks(tmp_path, 1, process)
        found = descendants(process)
        addresses = listening(psutil.Process(process.pid))
        assert len(addresses) > 3
        assert [each for each in addresses if not is_loopback(each)] == []
        process.terminate()
        process.communicate(timeout=30)
        assert process.returncode == 143
        assert psutil.wait_procs(found, timeout=20)[1] == []
    kept = chunks(tmp_path)
    assert 1 <= len(kept) < N_JOBS

    with started(tmp_path, *RAY, "hydra.launcher.n_parts=1") as process:
        check_killed(tmp_path, process, len(kept) + 1)
    assert chunks(tmp_path).items() >= kept.items()
    check_same(tmp_path, alone)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # submitit's logs
def test_debug_trains_parts_in_this_process(launch, trained, tmp_path):
    debug = ("hydra.launcher.engine=submitit", "+hydra.launcher.submitit.cluster=debug")
    assert launch(*multirun.GRID, "hydra.launcher.n_parts=2", *debug).code == 0
    local, parts = (store.open(folder / "all").drop_attrs() for folder in (trained, tmp_path))
    assert local.identical(parts)
    assert (local["status"] == "ok").all()
    gc.collect()  # while the warning is ignored


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"engine": "slurm"}, "hydra.launcher.engine=slurm: expected one of local, submitit, ray"),
        ({"engine": "submitti"}, "submitti: expected one of local, submitit, ray; did you mean su"),
        ({"n_parts": 0}, "hydra.launcher.n_parts=0: expected an integer in [1, "),
        ({"retries": -1}, "hydra.launcher.retries=-1: expected an integer in [0, "),
    ],
)
def test_wrong_options_are_named(change, complaint):
    [line] = wrong_options({**OPTIONS, **change})
    assert complaint in line


@pytest.fixture
def cluster_elsewhere(monkeypatch):
    """A cluster that is not started here, so that nothing is set for one in the environment."""
    monkeypatch.setenv("RAY_ADDRESS", "192.0.2.1:6379")


@pytest.mark.usefixtures("cluster_elsewhere")
@pytest.mark.parametrize("name", ["submitit", "ray"])
def test_a_library_that_is_missing_is_named_with_its_extra(monkeypatch, name):
    assert [*wrong_options({**OPTIONS, "engine": name})] == []
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    [line] = wrong_options({**OPTIONS, "engine": name})
    assert line.endswith(f"pip install 'superpos[{name}]'")


def test_this_process_needs_no_engine(tmp_path):
    assert make_pool(OPTIONS, tmp_path) is None
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"cluster": "local", "nodes": 2}, "hydra.launcher.submitit.nodes=2: expected 1"),
        ({"cluster": "local", "tasks_per_node": 4}, "submitit.tasks_per_node=4: expected 1"),
        ({"cluster": "nowhere"}, "hydra.launcher.submitit: AutoExecutor doesn't know"),
        ({"cluster": "local", "slurm_partitoin": "a"}, "Unknown argument 'partitoin'"),
        ({"cluster": "local", "timeout_min": "long"}, 'Parameter "timeout_min" expected'),
    ],
)
def test_what_submitit_does_not_take_is_one_line(settings, complaint):
    [line] = wrong_options({**OPTIONS, "engine": "submitit", "submitit": settings})
    assert complaint in line


def test_a_folder_that_submitit_cannot_write_to_is_one_line(tmp_path):
    settings = {"cluster": "local", "folder": "/proc/none"}
    with pytest.raises(ConfigError) as error:
        make_pool({**OPTIONS, "engine": "submitit", "submitit": settings}, tmp_path)
    [line] = error.value.problems
    assert line.startswith("hydra.launcher.submitit: ")


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"num_cpu": 2}, "hydra.launcher.ray.num_cpu=2: unknown key; did you mean num_cpus?"),
        ({"adress": "auto"}, "ray.adress=auto: unknown key; did you mean address?"),
        ({"_temp_dri": "x"}, "ray._temp_dri=x: unknown key; did you mean _temp_dir?"),
        ({"remote": {"num_gpu": 1}}, "hydra.launcher.ray.remote: Invalid option keyword num_gpu"),
        ({"remote": {"num_gpus": -1}}, "hydra.launcher.ray.remote: "),
        ({"remote": 1}, "hydra.launcher.ray.remote=1: expected what a task asks for"),
    ],
)
@pytest.mark.usefixtures("cluster_elsewhere")
def test_what_ray_does_not_take_is_one_line(settings, complaint):
    [line] = wrong_options({**OPTIONS, "engine": "ray", "ray": settings})
    assert complaint in line


@pytest.mark.usefixtures("cluster_elsewhere")
def test_settings_of_ray_are_taken():
    settings = {"num_cpus": 2, "_temp_dir": "/tmp/x", "remote": {"num_gpus": 0.5}}
    assert [*wrong_options({**OPTIONS, "engine": "ray", "ray": settings})] == []


def test_a_folder_in_which_submitit_keeps_nothing_is_gone(tmp_path):
    settings = {"cluster": "local"}
    engine = make_pool({**OPTIONS, "engine": "submitit", "submitit": settings}, tmp_path)
    assert engine is not None
    engine.close()
    assert [*tmp_path.iterdir()] == []


@pytest.mark.usefixtures("cluster_elsewhere")
def test_ray_that_other_machines_can_reach_is_shut_down():
    ended = []
    util = SimpleNamespace(get_node_ip_address=lambda: "192.0.2.2")
    reachable = SimpleNamespace(util=util, shutdown=lambda: ended.append(True))
    with pytest.raises(RuntimeError, match=r"Ray listens on 192\.0\.2\.2, expected the loopback"):
        ray_tasks._refuse_reachable(reachable)
    assert ended == [True]
