"""All scores together are each of them alone and SAELens', and what is not given is left out."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from superpos import metrics
from superpos.arguments import ArgumentError

RNG = np.random.default_rng(11)
FEATURES = RNG.normal(size=(5, 4))
W_DEC = RNG.normal(size=(3, 6, 4))
FACTORS = RNG.uniform(size=(30, 5)) * (RNG.uniform(size=(30, 5)) < 0.4)
INPUTS = FACTORS @ FEATURES
CODE = RNG.uniform(size=(3, 30, 6)) * (RNG.uniform(size=(3, 30, 6)) < 0.3)
GIVEN = {"code": CODE, "factors": FACTORS, "inputs": INPUTS, "recon": CODE @ W_DEC}


def test_a_perfect_dictionary_has_full_marks() -> None:
    order = [3, 1, 0, 4, 2]
    found = metrics.recovery(
        2 * FEATURES[order],
        FEATURES,
        code=FACTORS[:, order] / 2,
        factors=FACTORS,
        inputs=INPUTS,
        recon=INPUTS,
    )
    ones = {"mcc", "uniqueness", "mmcs", "latent_mmcs", "precision", "recall", "f1", "accuracy"}
    ones |= {"shrinkage", "explained_variance", "explained_variance_uncentred"}
    assert {*found} == ones | {"l0", "true_l0", "dead_latents"}
    for name in ones:
        assert float(found[name]) == pytest.approx(1, rel=1e-6), name
    mean = (FACTORS > 0).sum(1).mean()
    assert float(found["l0"]) == float(found["true_l0"]) == pytest.approx(mean)
    assert int(found["dead_latents"]) == 0


def test_scores_are_those_of_saelens() -> None:
    """tests/golden/saes/README.md says what the arrays are, tests/parity/metrics.py how made."""
    golden = Path(__file__).resolve().parents[2] / "golden" / "saes" / "metrics.npz"
    with np.load(golden) as arrays:
        frozen = dict(arrays)
    given = {name: frozen[name] for name in ("W_dec", "features", "factors", "recon")}
    found = metrics.recovery(code=frozen["latents"], inputs=frozen["x"], **given)
    found["dead"] = found.pop("dead_latents")
    theirs = found.keys() & frozen.keys()
    assert len(theirs) == 11
    for name in theirs:
        np.testing.assert_allclose(found[name], frozen[name], rtol=1e-5, err_msg=name)


def test_members_are_scored_in_one_program() -> None:
    together = jax.jit(lambda W, given: metrics.recovery(W, FEATURES, **given))
    found = together(jnp.asarray(W_DEC), {key: jnp.asarray(each) for key, each in GIVEN.items()})
    alone = metrics.recovery(
        W_DEC[1], FEATURES, **(GIVEN | {"code": CODE[1], "recon": GIVEN["recon"][1]})
    )
    for name, value in alone.items():
        expected = found[name] if name == "true_l0" else found[name][1]
        np.testing.assert_allclose(value, expected, rtol=1e-5, err_msg=name)


def test_unused_latents_count_for_nothing() -> None:
    code = CODE[0] * (np.arange(6) < 4)
    given = GIVEN | {"recon": GIVEN["recon"][0]}
    found = metrics.recovery(W_DEC[0], FEATURES, **(given | {"code": code}), used=np.arange(6) < 4)
    alone = metrics.recovery(W_DEC[0, :4], FEATURES, **(given | {"code": code[:, :4]}))
    for name, value in alone.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-6, err_msg=name)


def test_what_needs_another_array_is_left_out() -> None:
    directions = {"mcc", "uniqueness", "mmcs", "latent_mmcs"}
    assert {*metrics.recovery(W_DEC, FEATURES)} == directions
    only_code = metrics.recovery(W_DEC, FEATURES, code=CODE)
    assert {*only_code} == directions | {"l0", "dead_latents"}


def test_zero_rows_give_finite_scores() -> None:
    zeros = {key: np.zeros_like(value) for key, value in GIVEN.items()}
    found = metrics.recovery(np.zeros_like(W_DEC), FEATURES, **zeros)
    assert all(np.isfinite(value).all() for value in found.values())


def test_a_dictionary_of_another_width_is_refused_in_one_line() -> None:
    with pytest.raises(ArgumentError, match=r"^features of shape \(5, 3\): expected .*, with 4 "):
        metrics.recovery(W_DEC, FEATURES[:, :3])


def test_factors_of_other_features_are_refused_in_one_line() -> None:
    with pytest.raises(ArgumentError, match=r"^factors of shape \(30, 4\): .*, with 5 along fe"):
        metrics.recovery(W_DEC, FEATURES, code=CODE, factors=FACTORS[:, :4])
