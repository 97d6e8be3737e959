"""State dicts of PyTorch, beside the forward pass of Anthropic's notebook in NumPy."""

from pathlib import Path

import jax
import numpy as np
import pytest

from superpos import models
from superpos.arguments import ArgumentError

N_INSTANCES, N_FEATURES, N_HIDDEN = 3, 5, 2
RNG = np.random.default_rng(0)
STATE_DICT = {
    "W": RNG.normal(size=(N_INSTANCES, N_FEATURES, N_HIDDEN)),
    "b_final": RNG.normal(size=(N_INSTANCES, N_FEATURES)),
}
INPUTS = RNG.uniform(size=(N_FEATURES,))


def notebook(W: np.ndarray, b_final: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """`Model.forward` of the notebook, of one example for all instances."""
    features = np.broadcast_to(inputs, b_final.shape)
    hidden = np.einsum("...if,...ifh->...ih", features, W)
    out = np.einsum("...ih,...ifh->...if", hidden, W) + b_final
    return np.maximum(out, 0)


def of_instances(params: models.AutoencoderParams) -> np.ndarray:
    model = models.autoencoder(n_features=N_FEATURES, n_hidden=N_HIDDEN)
    return np.asarray(jax.vmap(lambda each: model.apply(each, (), INPUTS).recon)(params))


def expected() -> np.ndarray:
    return np.stack(
        [
            np.maximum(W @ (W.T @ INPUTS) + b, 0)
            for W, b in zip(STATE_DICT["W"], STATE_DICT["b_final"], strict=True)
        ]
    )


def test_the_notebooks_model_is_ours() -> None:
    np.testing.assert_allclose(of_instances(models.from_torch(STATE_DICT)), expected(), atol=1e-5)


def test_the_transposed_layout_is_seen_by_the_bias() -> None:
    other = {"W": STATE_DICT["W"].transpose(0, 2, 1), "b": STATE_DICT["b_final"]}
    np.testing.assert_allclose(of_instances(models.from_torch(other)), expected(), atol=1e-5)
    one = models.from_torch({name: array[0] for name, array in other.items()})
    np.testing.assert_allclose(one.W, STATE_DICT["W"][0], rtol=1e-6)


@pytest.mark.parametrize("layout", ["features_first", "hidden_first"])
def test_out_and_in_again(layout: models.pytorch.Layout, tmp_path: Path) -> None:
    params = models.from_torch(STATE_DICT)
    path = tmp_path / "toy.safetensors"
    models.write(path, models.to_torch(params, layout=layout))
    found = models.from_torch(path)
    np.testing.assert_array_equal(found.W, params.W)
    np.testing.assert_array_equal(found.b, params.b)
    shape = models.to_torch(params, layout=layout)["W"].shape
    assert shape == {"features_first": (3, 5, 2), "hidden_first": (3, 2, 5)}[layout]


def test_a_square_matrix_needs_its_layout() -> None:
    square = {"W": np.array([[1.0, 2.0], [3.0, 4.0]]), "b_final": np.zeros(2)}
    with pytest.raises(ArgumentError, match=r"^layout=by_bias: W \(2, 2\) is square, expected"):
        models.from_torch(square)
    first = models.from_torch(square, layout="features_first")
    second = models.from_torch(square, layout="hidden_first")
    np.testing.assert_array_equal(first.W, square["W"])
    np.testing.assert_array_equal(second.W, square["W"].T)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"b_final": None}, r"has W \(3, 5, 2\), expected W and b_final$"),
        ({"b": STATE_DICT["b_final"]}, r"has W \(3, 5, 2\), b \(3, 5\), b_final"),
        ({"b_final": np.zeros((3, 4))}, "expected a number of b_final for each feature$"),
        ({"W": np.zeros(5), "b_final": np.zeros(5)}, "expected a number of b_final"),
        ({"encoder": np.zeros(5)}, "expected W and b_final$"),
    ],
)
def test_other_state_dicts_are_refused(changed: dict[str, object], told: str) -> None:
    given = {k: v for k, v in {**STATE_DICT, **changed}.items() if v is not None}
    with pytest.raises(ArgumentError, match=told):
        models.from_torch(given)


def test_what_is_asked_for_must_fit() -> None:
    with pytest.raises(ArgumentError, match="expected a number of b_final for each feature$"):
        models.from_torch(STATE_DICT, layout="hidden_first")
    with pytest.raises(ArgumentError, match="^layout='x': expected one of by_bias, "):
        models.from_torch(STATE_DICT, layout="x")  # pyright: ignore[reportArgumentType]
    with pytest.raises(ArgumentError, match="^params of type dict: expected AutoencoderParams"):
        models.to_torch(STATE_DICT)  # pyright: ignore[reportArgumentType]


def test_a_state_dict_of_torch_is_read_and_takes_ours(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    module = torch.nn.Module()
    module.W = torch.nn.Parameter(torch.tensor(STATE_DICT["W"], dtype=torch.float32))
    module.b_final = torch.nn.Parameter(torch.tensor(STATE_DICT["b_final"], dtype=torch.float32))
    params = models.from_torch(module.state_dict())
    np.testing.assert_allclose(of_instances(params), expected(), atol=1e-5)
    ours = {name: torch.from_numpy(array) for name, array in models.to_torch(params).items()}
    assert module.load_state_dict(ours) is not None
    with pytest.raises(ArgumentError, match="W, expected an array of real numbers .*grad"):
        models.from_torch(dict(module.named_parameters()))
