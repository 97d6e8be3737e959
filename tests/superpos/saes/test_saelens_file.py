"""Files in SAELens' layout: what goes out comes in, and what SAELens wrote opens.

That SAELens opens what is written here is tested in the parity environment.
"""

import json
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import saes
from superpos.arguments import ArgumentError
from superpos.types import Batch

D_IN, D_CODE = 4, 6
SIZES = {"d_in": D_IN, "d_code": D_CODE}
X = np.random.default_rng(0).normal(size=(16, D_IN)).astype(np.float32)
MODELS: dict[str, Any] = {
    "relu": lambda **kw: saes.relu(**SIZES, **kw),
    "tied": lambda **kw: saes.relu(**SIZES, tied=True, **kw),
    "topk": lambda **kw: saes.topk(**SIZES, k=2, **kw),
    "abs_topk": lambda **kw: saes.abs_topk(**SIZES, k=2, **kw),
    "aligned": lambda **kw: saes.aligned(**SIZES, k=2, **kw),
    "batch_topk": lambda **kw: saes.batch_topk(**SIZES, k=2, **kw),
    "matryoshka": lambda **kw: saes.matryoshka(**SIZES, k=2, prefixes=[3], **kw),
    "gated": lambda **kw: saes.gated(**SIZES, **kw),
    "jumprelu": lambda **kw: saes.jumprelu(**SIZES, **kw),
    "matching_pursuit": lambda **kw: saes.matching_pursuit(**SIZES, k=2, max_iterations=2, **kw),
}
OWN = {
    **dict.fromkeys(("topk", "abs_topk", "aligned"), {"k": 2}),
    "matching_pursuit": {
        "max_iterations": 2,
        "residual_threshold": 0.0,
        "stop_on_duplicate_support": False,
    },
}


def started(name: str, **options: Any) -> tuple[Any, Any, Any]:
    """A model with parameters that are not those of a start, after one batch."""
    model = MODELS[name](**options)
    params, state = model.init(jax.random.key(0))
    batch = Batch(inputs=jnp.asarray(X), targets=jnp.asarray(X), factors=jnp.asarray(X))
    _, (state, _) = model.loss(params, state, batch, jax.random.key(0))
    rng = np.random.default_rng(1)
    moved = jax.tree.map(lambda leaf: leaf + 0.2 * rng.normal(size=leaf.shape), params)
    return model, jax.tree.map(lambda leaf: leaf.astype(jnp.float32), moved), state


def outputs(model: Any, params: Any, state: Any) -> tuple[np.ndarray, np.ndarray]:
    apply = jax.jit(jax.vmap(model.apply, in_axes=(None, None, 0)))
    output = apply(params, state, jnp.asarray(X))
    return np.asarray(output.code), np.asarray(output.recon)


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_what_is_written_is_read(name: str, tmp_path: Path) -> None:
    architecture = "relu" if name == "tied" else name
    model, params, state = started(name)
    own = OWN.get(name, {})
    saes.write(tmp_path / "sae", params, state, architecture=architecture, **own)
    found = outputs(*saes.read(tmp_path / "sae"))
    code, recon = outputs(model, params, state)
    np.testing.assert_allclose(found[0], code, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found[1], recon, rtol=1e-5, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("pre_bias", [True, False])
@pytest.mark.parametrize("name", ["gated", "topk"])
def test_the_frame_is_folded_in(name: str, pre_bias: bool, tmp_path: Path) -> None:
    model, params, state = started(name, centre="mean", scale="mean_norm", pre_bias=pre_bias)
    own = OWN.get(name, {})
    saes.write(tmp_path, params, state, architecture=name, pre_bias=pre_bias, **own)
    found = outputs(*saes.read(tmp_path))
    code, recon = outputs(model, params, state)
    units = float(state.frame.scale) if name == "topk" else 1
    np.testing.assert_allclose(found[0], units * code, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found[1], recon, rtol=1e-4, atol=1e-5)


def test_latents_that_are_not_in_use_stay_here(tmp_path: Path) -> None:
    model, params, state = started("topk", width=3)
    saes.write(tmp_path, params, state, architecture="topk", width=3, k=2)
    found = outputs(*saes.read(tmp_path))
    code, recon = outputs(model, params, state)
    np.testing.assert_allclose(found[0], code[:, :3], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found[1], recon, rtol=1e-5, atol=1e-6)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("sae") / "topk"
    params, state = saes.topk(**SIZES, k=2).init(jax.random.key(0))
    saes.write(place, params, state, architecture="topk", k=2)
    return place


def changed(folder: Path, to: Path, **keys: Any) -> Path:
    config = {**json.loads((folder / "cfg.json").read_text()), **keys}
    (to / "cfg.json").write_text(json.dumps(config))
    (to / "sae_weights.safetensors").write_bytes((folder / "sae_weights.safetensors").read_bytes())
    return to


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({"architecture": "temporal"}, "architecture='temporal', expected one of standard"),
        ({"architecture": "jumprelu"}, "expected W_dec [6, 4], W_enc [4, 6], b_dec [4], b_enc"),
        ({"d_sae": 7}, "expected W_dec [7, 4]"),
        ({"d_in": 2**31 - 1, "d_sae": 2**31 - 1}, "expected W_dec [2147483647, 2147483647]"),
        ({"d_sae": "7"}, "d_code='7': expected an integer"),
        ({"k": 9}, "k=9: expected at most the 6 latents in use"),
        ({"normalize_activations": "layer_norm"}, "normalize_activations='layer_norm'"),
        ({"rescale_acts_by_decoder_norm": False}, None),
    ],
)
def test_another_layout_is_refused_in_one_line(
    folder: Path, tmp_path: Path, keys: dict[str, Any], text: str | None
) -> None:
    place = changed(folder, tmp_path, **keys)
    if text is None:  # rows have norm 1
        saes.read(place)
        return
    with pytest.raises(ArgumentError) as error:
        saes.read(place)
    assert text in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "content", [b"", b"\xff" * 8, b"\x02" + bytes(7) + b"{]", b"\x02" + bytes(7) + b"[]"]
)
def test_a_damaged_file_is_refused_in_one_line(
    folder: Path, tmp_path: Path, content: bytes
) -> None:
    place = changed(folder, tmp_path)
    (place / "sae_weights.safetensors").write_bytes(content)
    with pytest.raises(ArgumentError, match="damaged, expected arrays of floats in safetensors$"):
        saes.read(place)


def test_a_file_that_is_cut_short_or_not_finite_is_refused(folder: Path, tmp_path: Path) -> None:
    place = changed(folder, tmp_path)
    weights = place / "sae_weights.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-4])
    with pytest.raises(ArgumentError, match="damaged"):
        saes.read(place)
    weights.write_bytes(whole[:-4] + np.float32(np.nan).tobytes())
    with pytest.raises(ArgumentError, match="expected finite numbers$"):
        saes.read(place)
    with pytest.raises(ArgumentError, match="expected a new folder"):
        start = saes.topk(**SIZES, k=2).init(jax.random.key(0))
        saes.write(folder, *start, architecture="topk", k=2)
