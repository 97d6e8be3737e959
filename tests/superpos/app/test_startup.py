"""What the command line sets up before JAX is first used, each in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SHOW = """
import jax
from superpos.app.startup import start_jax
start_jax()
jax.block_until_ready(jax.jit(lambda x: x @ x)(jax.numpy.ones((3, 3))))
print(jax.local_device_count(), jax.config.jax_compilation_cache_dir)
"""


def shown(home: Path, **environment: str) -> list[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("JAX_", "XDG_"))}
    result = subprocess.run(
        [sys.executable, "-c", SHOW],
        env={**kept, "HOME": str(home), **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout.split()


@pytest.mark.slow
def test_every_core_is_a_device_and_programs_are_kept_for_the_user_alone(tmp_path: Path) -> None:
    folder = tmp_path / ".cache/superpos/xla"
    assert shown(tmp_path) == [str(len(os.sched_getaffinity(0))), str(folder)]
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.slow
@pytest.mark.parametrize("name", ["XDG_CACHE_HOME", "JAX_COMPILATION_CACHE_DIR"])
def test_the_environment_has_its_way(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "elsewhere"
    n_devices, found = shown(tmp_path, JAX_NUM_CPU_DEVICES="3", **{name: str(folder)})
    assert n_devices == "3"
    assert found == str(folder / "superpos/xla" if name == "XDG_CACHE_HOME" else folder)
    assert not (tmp_path / ".cache").exists()


@pytest.mark.slow
def test_a_folder_that_cannot_be_made_keeps_nothing_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert shown(tmp_path, XDG_CACHE_HOME=str(tmp_path / "file"))[1] == "None"
