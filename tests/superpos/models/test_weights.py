"""Parameters of toy models as files, and back."""

from pathlib import Path

import jax
import numpy as np
import pytest

from superpos import models
from superpos.arguments import ArgumentError

MODELS = {
    "autoencoder": models.autoencoder(n_features=5, n_hidden=2),
    "computation": models.computation(n_features=5, n_hidden=3),
    "mlp": models.mlp(n_features=4, n_hidden=3, n_outputs=2, n_layers=2),
}


@pytest.mark.parametrize("name", MODELS)
def test_what_is_written_is_read_again(name: str, tmp_path: Path) -> None:
    model = MODELS[name]
    params, _ = model.init(jax.random.key(3))
    models.write(tmp_path / "toy.safetensors", params)
    found = models.read(tmp_path / "toy.safetensors", model)
    assert jax.tree.structure(found) == jax.tree.structure(params)
    jax.tree.map(np.testing.assert_array_equal, found, params)


def test_several_models_are_read_at_once(tmp_path: Path) -> None:
    model = MODELS["mlp"]
    params, _ = jax.vmap(model.init)(jax.random.split(jax.random.key(3), 4))
    models.write(tmp_path / "toys.safetensors", params)
    found = models.read(tmp_path / "toys.safetensors", model)
    jax.tree.map(np.testing.assert_array_equal, found, params)


def test_arrays_by_name_are_read_and_a_state_is_left_out() -> None:
    arrays = {"b": [1, 2, 3], "W": np.arange(6, dtype=float).reshape(3, 2), "state.seen": 4}
    params = models.read(arrays, models.autoencoder(n_features=3, n_hidden=2))
    np.testing.assert_array_equal(params.W, [[0, 1], [2, 3], [4, 5]])
    np.testing.assert_array_equal(params.b, [1, 2, 3])
    assert params.W.dtype == params.b.dtype == np.float32


SMALL = models.autoencoder(n_features=3, n_hidden=2)
W, B = np.ones((3, 2)), np.zeros(3)


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({"W": W}, r"^source: has W \(3, 2\), expected W \(3, 2\), b \(3\)$"),
        ({"W": W.T, "b": B}, r"^source: has W \(2, 3\), b \(3\), expected W \(3, 2\), b \(3\)$"),
        ({"W": W, "b": B, "c": B}, r"^source: has W .*, c \(3\), expected W"),
        ({"W": [W, W], "b": B}, r"^source: has W \(2, 3, 2\), b \(3\), expected W \(3, 2\), b"),
        ({"W": W, "b": [B, B]}, r"^source: has W \(3, 2\), b \(2, 3\), expected W \(3, 2\), b"),
        ({"W": W * np.nan, "b": B}, "^source: W, expected finite numbers$"),
        ({"W": W * 1e300, "b": B}, "^source: W, expected finite numbers$"),
        ({"W": W + 1j, "b": B}, r"^source: W, expected an array of real numbers \("),
        ({"W": [[1.0], [1.0, 2.0]], "b": B}, r"^source: W, expected an array of real numbers \("),
        ({"W": W.astype(str), "b": B}, r"^source: W, expected an array of real numbers \("),
        (3, "^source=3: expected a file, or arrays by name$"),
        ("toy.pt", r"^toy.pt: expected what safetensors.torch.save_file"),
        ("toy", r"^toy: expected a file to read \("),
    ],
)
def test_other_arrays_are_refused_in_one_line(arrays: object, told: str) -> None:
    with pytest.raises(ArgumentError, match=told):
        models.read(arrays, SMALL)  # pyright: ignore[reportArgumentType]


def test_a_file_is_new_and_its_numbers_finite(tmp_path: Path) -> None:
    path = tmp_path / "toy.safetensors"
    with pytest.raises(ArgumentError, match="^params: W, expected finite numbers$"):
        models.write(path, {"W": np.array([np.inf])})
    assert not path.exists()
    path.write_text("mine")
    with pytest.raises(ArgumentError, match="expected a new file to write"):
        models.write(path, {"W": np.ones(1)})
    assert path.read_text() == "mine"
