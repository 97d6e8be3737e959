"""What is written down of the machine and the versions."""

import platform

import jax
import pytest

from superpos.store import fingerprint as module
from superpos.store.fingerprint import fingerprint, instructions


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ("flags\t\t: sse2 fma avx2", "x86_64, fma"),
        ("flags\t\t: sse2 avx fma4", "x86_64, no fma"),
        ("model name\t: a CPU", "x86_64, no fma"),
    ],
)
def test_the_class_of_a_cpu_is_whether_it_multiplies_and_adds_at_once(
    tmp_path, monkeypatch, listed, expected
):
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    path = tmp_path / "cpuinfo"
    path.write_text(f"processor\t: 0\n{listed}\nbugs\t\t: none\n")
    assert instructions(path) == expected


def test_other_machines_are_a_class_each(tmp_path, monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    assert instructions(tmp_path / "none") == "arm64"


def test_a_fingerprint_is_text_and_names_the_device():
    found = fingerprint()
    assert all(isinstance(text, str) for text in found.values())
    assert found["device"].startswith(jax.local_devices()[0].platform)
    assert found["isa"] == instructions()


def test_a_product_is_split_over_a_thread_for_each_device_of_a_cpu_at_least(monkeypatch):
    monkeypatch.setenv("NPROC", "3")
    monkeypatch.setattr(jax, "local_device_count", lambda: 8)
    assert (module._threads("cpu"), module._threads("gpu")) == (8, 3)
    monkeypatch.setattr(jax, "local_device_count", lambda: 2)
    assert module._threads("cpu") == 3
