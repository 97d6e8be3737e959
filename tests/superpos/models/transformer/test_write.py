"""Checkpoints that are written here, read again."""

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import models
from superpos.arguments import ArgumentError
from superpos.models.language_model import architecture_of
from superpos.models.transformer import read, read_tokeniser, train_tokeniser, transformer, write
from tests.superpos.models.transformer.golden import GOLDEN, compare


@pytest.mark.parametrize("name", ["gpt_neox", "gpt_neox_serial"])
def test_a_golden_checkpoint_that_is_written_again_computes_the_same(
    name: str, tmp_path: Path
) -> None:
    """So that the layout is that of transformers, with biases of attention and without."""
    write(tmp_path, *read(GOLDEN / name))
    compare(tmp_path, name)


@pytest.mark.parametrize("tied", [False, True])
def test_a_language_model_of_our_own_is_read_with_its_logits(tied: bool, tmp_path: Path) -> None:
    sizes = {"context": 8, "n_tokens": 260, "n_layers": 2, "d_model": 16, "n_heads": 2, "d_mlp": 24}
    model = models.language_model(**sizes, tied=tied, standard_deviation=0.3)
    params, _ = model.init(jax.random.key(0))
    whole = transformer(architecture_of(params, context=8, n_heads=2))
    tokeniser = train_tokeniser(["one two one two one two"], n_tokens=260)
    write(tmp_path / "new", whole, params, tokeniser)
    found, again = read(tmp_path / "new")
    assert found.architecture == whole.architecture
    x = jnp.arange(8) * 31
    expected = jax.jit(model.apply)(params, (), x).recon
    np.testing.assert_allclose(jax.jit(found.apply)(again, x).logits, expected, atol=1e-6)
    assert (again.unembedding is None) == tied
    assert read_tokeniser(tmp_path / "new").to_json() == tokeniser.to_json()


@pytest.mark.parametrize(
    ("name", "words"),
    [("llama", "norm, gate, n_kv_heads"), ("gpt2", "d_rotary")],
)
def test_blocks_of_another_kind_are_one_line(name: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=f"^model: {words}.* not of GPT-NeoX"):
        write(tmp_path / "new", *read(GOLDEN / name))
    assert not (tmp_path / "new").exists()


def test_a_tokeniser_of_another_size_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="^tokeniser: has 256 tokens, expected n_tokens=48$"):
        write(tmp_path, *read(GOLDEN / "gpt_neox"), train_tokeniser([], n_tokens=256))


def test_the_config_says_what_transformers_asks(tmp_path: Path) -> None:
    write(tmp_path, *read(GOLDEN / "gpt_neox_serial"))
    ours = json.loads((tmp_path / "config.json").read_text())
    theirs = json.loads((GOLDEN / "gpt_neox_serial" / "config.json").read_text())
    shared = {*ours} & {*theirs} - {"bos_token_id", "eos_token_id"}
    assert {"hidden_size", "use_parallel_residual", "attention_bias", "hidden_act"} <= shared
    assert {key: ours[key] for key in shared} == {key: theirs[key] for key in shared}


def test_a_file_is_no_folder_to_write_in(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ArgumentError, match=r"^folder=.*file: expected a folder to write in \("):
        write(tmp_path / "file", *read(GOLDEN / "gpt_neox"))


@pytest.mark.parametrize(
    ("n_heads", "words"), [(0, "n_heads=0: expected 1"), (3, "d_model=16: expected a multiple")]
)
def test_heads_that_do_not_divide_the_width_are_refused(n_heads: int, words: str) -> None:
    model = models.language_model(context=8, n_tokens=260, d_model=16, n_heads=2, d_mlp=24)
    params, _ = model.init(jax.random.key(0))
    with pytest.raises(ArgumentError, match=f"^{words}"):
        architecture_of(params, context=8, n_heads=n_heads)
