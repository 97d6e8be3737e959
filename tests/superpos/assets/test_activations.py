"""Activations of language models and of randomised ones: what is made, kept, and refused."""

import functools
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import models
from superpos.arguments import ArgumentError
from superpos.assets import activations, asset
from superpos.types import Asset, Members
from tests import texts

ARMS = ("trained", "gaussian", "trained + less_token_means", "gaussian + matched_gaussian")


def of(tokens: Asset | None = None, transformers: Asset | None = None, **changes: Any) -> Asset:
    given: dict[str, Any] = {"arms": ARMS, "layers": [1], "site": "mlp", **changes}
    return activations(transformers=transformers or two(), tokens=tokens or texts.tokens(), **given)


@functools.cache
def two() -> Asset:
    """The golden transformer, and one of twice its weights."""
    one = texts.transformers()
    arrays = jax.tree.map(lambda leaf: np.concatenate([leaf, 2 * leaf]), one.arrays)
    return asset(arrays, one.read)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    return dict(of().made(str(tmp_path_factory.mktemp("out"))).arrays)


def trained(number: int) -> np.ndarray:
    """Activations at all tokens of all texts that are read, but the first, (20, 14, d)."""
    found = two().read(two().arrays)
    params = found.at(number).params
    apply = jax.jit(lambda text: found.model.transformer.apply(params, text).mlp[1])
    return np.stack([apply(jnp.asarray(row)) for row in texts.tokens().arrays["tokens"][:, :-1]])[
        :, 1:
    ]


def test_rows_are_arms_of_transformers_in_order(made: dict[str, np.ndarray]) -> None:
    held_out = made["document"]
    assert made["inputs"].shape == (8, 16 * 14, texts.D_MLP)
    assert [*np.unique(held_out)] == [4, 9]  # two of ten documents, a quarter to the nearest
    for number in (0, 1):
        whole = trained(number)
        chosen = np.isin(texts.tokens().arrays["document"], held_out)
        for name, which in (("inputs", ~chosen), ("held_out", chosen)):
            expected = whole[which].reshape(-1, texts.D_MLP)
            np.testing.assert_allclose(made[name][number], expected, atol=1e-4)
    apart = made["inputs"][:, None] - made["inputs"][None]
    assert np.abs(apart).max(axis=(-1, -2))[np.triu_indices(8, 1)].min() > 0.01


def test_layers_come_one_after_the_other(tmp_path: Path, made: dict[str, np.ndarray]) -> None:
    both = of(layers=[0, 1]).made(str(tmp_path)).arrays
    assert both["inputs"].shape == (16, *made["inputs"].shape[1:])
    for name in ("inputs", "held_out"):
        np.testing.assert_allclose(both[name][8:10], made[name][:2], atol=1e-5)
        assert np.abs(both[name][:2] - made[name][:2]).max() > 0.01


def test_texts_beside_them_are_those_that_are_held_out(made: dict[str, np.ndarray]) -> None:
    given = texts.tokens().arrays
    held_out = np.isin(given["document"], made["document"])
    np.testing.assert_array_equal(made["tokens"], given["tokens"][held_out, 1:-1])
    np.testing.assert_array_equal(made["vocabulary"], given["vocabulary"])
    assert made["held_out"].shape[1] == made["tokens"].size


def test_means_by_token_are_those_of_what_is_not_held_out(made: dict[str, np.ndarray]) -> None:
    given = texts.tokens().arrays
    seen = ~np.isin(given["document"], made["document"])
    tokens = given["tokens"][seen, 1:-1].ravel()
    less = made["inputs"][4]
    for token in np.unique(tokens):
        assert np.abs(less[tokens == token].mean(axis=0)).max() < 1e-5
    held = made["held_out"][4]
    assert np.abs(held.mean(axis=0)).max() > 1e-3


def test_a_control_has_the_moments_of_its_arm(made: dict[str, np.ndarray]) -> None:
    rows = {n: np.concatenate([made["inputs"][n], made["held_out"][n]]) for n in (2, 6)}
    n_rows = len(rows[2])
    deviation = rows[2].std(axis=0)
    apart = np.abs(rows[6].mean(axis=0) - rows[2].mean(axis=0))
    assert (apart <= 5 * deviation / n_rows**0.5 + 1e-5).all()
    assert np.abs(rows[6].std(axis=0) - deviation).max() < 5 * deviation.max() / n_rows**0.5


def test_what_is_made_once_is_read_again_and_has_one_digest(tmp_path: Path) -> None:
    first = of().made(str(tmp_path))
    [kept] = (tmp_path / "activations").iterdir()
    times = [path.stat().st_mtime_ns for path in sorted(kept.glob("*.shard"))]
    again = of().made(str(tmp_path))
    assert len(times) == 8
    assert [path.stat().st_mtime_ns for path in sorted(kept.glob("*.shard"))] == times
    assert again.digest == first.digest
    other = of(seed=1).made(str(tmp_path))
    assert other.digest != first.digest
    np.testing.assert_array_equal(other.arrays["inputs"][:2], first.arrays["inputs"][:2])
    assert not np.array_equal(other.arrays["inputs"][2], first.arrays["inputs"][2])


def test_shapes_are_known_before_anything_is_made(made: dict[str, np.ndarray]) -> None:
    planned = of()
    assert {name: each.shape for name, each in planned.arrays.items()} == {
        name: each.shape for name, each in made.items()
    }
    assert isinstance(planned.arrays["inputs"], jax.ShapeDtypeStruct)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"arms": ["gausian"]}, "did you mean gaussian"),
        ({"layers": [3]}, r"layers=\[3\]: expected integers in \[0, 2\], each once, with site=mlp"),
        ({"layers": [4], "site": "residual"}, r"in \[0, 3\], each once, with site=residual"),
        ({"layers": [1, 1]}, "each once"),
        ({"layers": []}, "layers=.*expected integers"),
        ({"layers": 1}, "layers=1: expected integers"),
        ({"skip": 15}, "skip=15: expected less than the 15 tokens of a text"),
        ({"n_texts": 21}, "n_texts=21: expected at most the 20 of tokens"),
        ({"n_texts": 2}, "held_out_share=0.25: leaves none of 2 documents"),
        ({"held_out_share": 0.96}, "held_out_share=0.96: leaves none of 10 documents"),
    ],
)
def test_what_cannot_be_collected_is_refused_at_once(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(ArgumentError, match=line) as caught:
        of(**changes)
    assert "\n" not in str(caught.value)


def test_models_of_another_kind_are_refused() -> None:
    model = models.autoencoder(n_features=5, n_hidden=2)
    toys = Asset(texts.transformers().arrays, "", lambda arrays: Members(model, *arrays))
    for wrong in (toys, texts.tokens()):
        with pytest.raises(ArgumentError, match="^transformers: expected language models$"):
            of(transformers=wrong)


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        (
            {"tokens": -texts.tokens().arrays["tokens"]},
            r"tokens: from -47 to 0, expected \[0, 47\]",
        ),
        (
            {"tokens": texts.tokens().arrays["tokens"] + 1},
            r"tokens: from 0 to 48, expected \[0, 47",
        ),
        ({"vocabulary": np.zeros((60, 3), np.uint8)}, "tokens: 60 in all, expected the 48 of"),
        ({"vocabulary": np.zeros((40, 3), np.uint8)}, r"tokens: from 0 to 47, expected \[0, 39\]"),
        ({"tokens": np.zeros((20, 18), np.int32)}, "tokens: 17 in a text, expected at most 16"),
        ({"tokens": np.zeros((20, 16))}, r"tokens: float64\[20, 16\], expected integers"),
        ({"document": np.zeros(19, int)}, r"tokens: int32\[20, 16\], .* document \(n,\)"),
    ],
)
def test_texts_that_a_transformer_cannot_read_are_refused(
    changed: dict[str, np.ndarray], line: str
) -> None:
    with pytest.raises(ArgumentError, match=f"^{line}"):
        of(tokens=asset({**texts.tokens().arrays, **changed}))


def test_what_are_no_texts_is_refused() -> None:
    with pytest.raises(ArgumentError, match="^tokens: expected texts, the arrays tokens and doc"):
        of(tokens=texts.transformers())


def test_it_is_read_with_where_it_is_from(tmp_path: Path) -> None:
    planned = of(layers=[0, 1])
    for each in (planned, planned.made(str(tmp_path))):
        read = each.read(each.arrays)
        assert read["layers"] == (0, 1) and read["site"] == "mlp"
        assert read["documents"] == tuple(sorted({*np.asarray(read["document"]).tolist()}))
