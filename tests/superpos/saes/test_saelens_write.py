"""What `saes.write` refuses, in one line and before it writes, and what it takes."""

import json
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import saes
from superpos.arguments import ArgumentError
from superpos.saes.inputs import Frame
from tests.superpos.saes.test_saelens_file import D_CODE, D_IN, OWN, SIZES

PARAMS, STATE = saes.topk(**SIZES, k=2).init(jax.random.key(0))
PURSUIT = OWN["matching_pursuit"]
SWEPT = jax.tree.map(lambda leaf: leaf[None], PARAMS)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"architecture": "Topk"}, "architecture='Topk': expected one of "),
        ({"k": None}, "k: missing, topk takes k"),
        ({"kk": 5}, "kk=5: unknown, topk takes k besides; did you mean k?"),
        ({"d_in": 5}, "d_in=5: unknown, topk takes k besides"),
        ({"k": 0}, "k=0: expected a number in [1, inf)"),
        ({"k": "2"}, "k='2': expected a number in [1, inf)"),
        ({"k": 7}, "k=7: expected at most the 6 latents in use"),
        ({"width": 2, "k": 3}, "k=3: expected at most the 2 latents in use"),
        ({"width": 0}, "width=0: expected a number in [1, inf)"),
        ({"width": 7}, "width=7: expected at most d_code=6"),
        ({"pre_bias": 1}, "pre_bias=1: expected true or false"),
        ({"params": SWEPT}, "params: W_dec [1, 6, 4], expected (d_code, d_in), of one model"),
        ({"params": PARAMS.replace(b_enc=jnp.zeros(5))}, "params: W_dec [6, 4], W_enc [4, 6]"),
        ({"params": PARAMS.replace(b_enc=jnp.full(6, jnp.nan))}, "params: expected finite numbers"),
        (
            {"architecture": "gated", "k": None},
            "params of type SaeParams: expected the GatedParams",
        ),
        ({"architecture": "relu"}, "k=2: unknown, relu takes nothing besides"),
        (
            {"architecture": "batch_topk", "k": None},
            "state: expected that of batch_topk, which has",
        ),
        ({"state": ()}, "state=(): expected a SaeState"),
        ({"state": STATE.replace(silent=jnp.zeros((2, 6)))}, "state: silent [2, 6], expected"),
    ],
)
def test_arguments_are_refused_before_anything_is_written(
    tmp_path: Path, given: dict[str, Any], text: str
) -> None:
    arguments = {"params": PARAMS, "state": STATE, "architecture": "topk", "k": 2} | given
    if arguments["k"] is None:
        del arguments["k"]
    with pytest.raises(ArgumentError) as error:
        saes.write(tmp_path / "sae", **arguments)
    assert str(error.value).startswith(text) and "\n" not in str(error.value)
    assert not (tmp_path / "sae").exists()


def test_matching_pursuit_needs_all_that_it_stops_by(tmp_path: Path) -> None:
    params, state = saes.matching_pursuit(**SIZES, k=2).init(jax.random.key(0))
    with pytest.raises(ArgumentError, match="^residual_threshold: missing, matching_pursuit takes"):
        saes.write(
            tmp_path, params, state, architecture="matching_pursuit", max_iterations=2,
            stop_on_duplicate_support=False,
        )  # fmt: skip


@pytest.mark.parametrize("k", [2.7, np.int64(2), np.float32(2), jnp.int32(2), jnp.bfloat16(2)])
def test_numbers_are_written_as_those_of_json(tmp_path: Path, k: Any) -> None:
    saes.write(tmp_path, PARAMS, STATE, architecture="topk", k=k, width=np.float32(3.5))
    config = json.loads((tmp_path / "cfg.json").read_text())
    assert (config["k"], config["d_sae"]) == (2, 3) and isinstance(config["k"], int)


def test_an_old_config_is_not_left_beside_new_weights(tmp_path: Path) -> None:
    (tmp_path / "cfg.json").write_text("{}")
    with pytest.raises(ArgumentError, match=r"expected a new folder to write \(cfg.json is there"):
        saes.write(tmp_path, PARAMS, STATE, architecture="topk", k=2)
    assert [each.name for each in tmp_path.iterdir()] == ["cfg.json"]


def test_the_levels_of_a_penalty_are_not_in_the_file(tmp_path: Path) -> None:
    """Outside training `matryoshka_relu` is `relu`."""
    params, state = saes.matryoshka_relu(**SIZES, prefixes=[3]).init(jax.random.key(0))
    saes.write(tmp_path, params, state, architecture="matryoshka_relu")
    assert json.loads((tmp_path / "cfg.json").read_text())["architecture"] == "standard"


@pytest.mark.parametrize("framed", [True, False])
def test_pursuit_without_a_bias_has_the_centre_for_one(tmp_path: Path, framed: bool) -> None:
    """With orthonormal rows and as many steps, pursuit keeps the positive part of what is left."""
    kind: dict[str, Any] = {"centre": "mean", "scale": "mean_norm"} if framed else {}
    model = saes.matching_pursuit(**SIZES, k=4, pre_bias=False, **kind)
    params, state = model.init(jax.random.key(0))
    W_dec = jnp.eye(D_CODE, D_IN)
    params = params.replace(W_dec=W_dec, b_dec=jnp.full(D_IN, 9.0))  # which it does not read
    centre, scale = np.zeros(D_IN), 1.0
    if framed:
        centre, scale = np.arange(1.0, 5.0), 2.0
        state = state.replace(frame=Frame(centre=jnp.asarray(centre), scale=jnp.float32(scale)))
    own = {**PURSUIT, "max_iterations": 4, "residual_threshold": 0.25}
    saes.write(tmp_path, params, state, architecture="matching_pursuit", pre_bias=False, **own)
    config = json.loads((tmp_path / "cfg.json").read_text())
    assert config["residual_threshold"] == 0.25 * scale
    found, params_found, state_found = saes.read(tmp_path)
    x = jnp.array([0.5, 4.0, -1.0, 5.0])
    expected = centre + np.maximum(np.asarray(x) - centre, 0)
    for each in (model.apply(params, state, x), found.apply(params_found, state_found, x)):
        np.testing.assert_allclose(each.recon, expected, rtol=1e-6, atol=1e-6)
