"""One trained model for others."""

import hashlib
import json
from pathlib import Path

import jax
import numpy as np
import pytest

from experiments.registry import REGISTRY
from superpos import models
from superpos.arguments import ArgumentError
from superpos.store.target import write_target
from tests.components import build
from tests.stored import config_text, stored

WORDS = ("model=computation",)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The parameters of a model, its description, and where they are."""
    params, state = build("model", "computation", {}).init(jax.random.key(3))
    path = tmp_path_factory.mktemp("target") / "model.safetensors"
    source = stored(params, state, config_text(*WORDS))
    return params, write_target(source, REGISTRY, path, command="superpos ..."), path, source


def test_the_arrays_are_those_of_the_model(written) -> None:
    """Read by the format alone: eight bytes of length, a JSON header, and numbers."""
    params, _, path, _ = written
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header, numbers = json.loads(content[8 : 8 + length]), content[8 + length :]
    assert {*header} == {"W_in", "W_out", "b"}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        found = np.frombuffer(numbers[first:last], "<f4").reshape(entry["shape"])
        np.testing.assert_array_equal(found, getattr(params, name))


def test_models_reads_it_again(written) -> None:
    params, _, path, _ = written
    found = models.read(path, build("model", "computation", {}))
    jax.tree.map(np.testing.assert_array_equal, found, params)


def test_the_description_says_what_they_are(written) -> None:
    params, described, path, _ = written
    kept = json.loads(path.with_suffix(".json").read_text())
    assert kept == described
    assert kept["weights"] == "model.safetensors"
    assert kept["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert kept["arrays"]["W_in"] == {"shape": [*params.W_in.shape], "dims": ["feature", "hidden"]}
    assert kept["model"]["kind"] == "computation"
    assert kept["model"]["n_features"] == params.W_in.shape[0]
    assert {"density", "kind"} <= {*kept["data"]} and kept["fit"]["n_steps"] >= 0
    assert kept["equation"].startswith("Untied weights, y' = act(")
    assert kept["command"] == "superpos ..."


@pytest.mark.parametrize(
    ("name", "selection", "message"),
    [
        ("model.npz", {}, "expected a name that ends in .safetensors"),
        ("model.safetensors", {}, "is there already"),
        ("new.safetensors", {"density": 0.7}, "density"),
        ("nowhere/new.safetensors", {}, "cannot write"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(written, name, selection, message) -> None:
    *_, path, source = written
    before = sorted(path.parent.iterdir())
    with pytest.raises(ArgumentError, match=message) as refused:
        write_target(source, REGISTRY, path.parent / name, **selection)
    assert "\n" not in str(refused.value)
    assert sorted(path.parent.iterdir()) == before


def test_several_members_are_refused(written, tmp_path: Path) -> None:
    *_, source = written
    two = source.expand_dims(seed=[0, 1]).copy()
    with pytest.raises(ArgumentError, match=r"^2 finished members: expected one, by labels of"):
        write_target(two, REGISTRY, tmp_path / "new.safetensors")
