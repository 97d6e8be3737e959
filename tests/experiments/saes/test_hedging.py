"""The claims on hedging, on latents made by hand."""

import numpy as np
import pytest
import xarray

from experiments.saes.hedging.claims import judge
from experiments.saes.hedging.measure import (
    Hedging,
    Levels,
    Narrow,
    first_component,
    levels_of,
    narrow_of,
)
from superpos.data import directions

GOOD = [(1, 0), (0.970, 0.243), (0.970, 0.243), (0.98, 0.2), (1, 0.05), (0.95, -0.3)]


def levels(changed=None):
    """The encoder of the parent's latent in each case, and the rest as claimed."""
    rows = {
        "standard": (0.9, -0.2, -0.2, -0.2),
        "balanced": (1, 0, 0, 0),
        "detached": (0.9, 0.2, 0.2, 0.2),
        "unbalanced": (0.9, -0.1, 0.0, 0.1),
    } | (changed or {})
    encoder, decoder = np.tile(np.eye(4), (2, 4, 3, 1, 1))
    encoder[:, :, 0] = np.array([*rows.values()], float)[:, None]
    decoder[0, :, 1:, 0] = 0.3
    decoder[2, :, 0, 1:] = 0.2
    return Levels(tuple(rows), encoder, decoder)


def narrow(changed=None, bias=0.2):
    rows = np.array(GOOD, float)
    for place, row in (changed or {}).items():
        rows[place] = row
    cosine = np.repeat(rows[:, None], 2, axis=1)
    biases = np.zeros_like(cosine)
    biases[0, :, 1] = bias
    return Narrow(np.zeros(6), np.zeros(6), np.zeros(6), cosine, biases)


def failed(single=None, level=None):
    found = Hedging(single or narrow(), level or levels())
    return {v.claim.id.rsplit("/", 1)[1] for v in judge(found) if v.reproduced is False}


def test_hedging_is_reproduced():
    assert failed() == set()


@pytest.mark.parametrize(
    ("found", "wrong"),
    [
        (narrow({0: (0.9, 0.4)}), {"independent"}),
        (narrow(bias=0.0), {"bias"}),
        (narrow({1: (1, 0)}), {"limit_parent", "limit_child"}),
        (narrow({2: (1, 0)}), {"hierarchy"}),
        (narrow({3: (1, 0)}), {"partial", "partial_l1"}),
        (narrow({5: (1, 0)}), {"flipped"}),
    ],
)
def test_each_claim_can_fail(found, wrong):
    assert failed(found) == wrong


MIXED = levels().decoder.copy()
MIXED[1, :, 2, 2] = 0.7
TRUE = np.tile(np.eye(4), (4, 3, 1, 1))


@pytest.mark.parametrize(
    ("found", "wrong"),
    [
        (levels({"detached": (1, 0.2, 0.2, 0)}), {"detached_least"}),
        (levels()._replace(decoder=TRUE), {"detached_inner", "standard_outer"}),
        (levels({"standard": (1, -0.2, -0.2, 0)}), {"standard_most"}),
        (levels({"balanced": (1, 0.1, 0.1, 0.1)}), {"balanced_encoder"}),
        (levels()._replace(decoder=MIXED), {"balanced_decoder"}),
        (levels({"unbalanced": (1, -0.1, 0, 0)}), {"unbalanced_most"}),
        (levels({"unbalanced": (1, 0, 0, 0.1)}), {"unbalanced_least"}),
    ],
)
def test_each_claim_on_levels_can_fail(found, wrong):
    assert failed(level=found) == wrong


def test_cases_that_are_not_there_are_not_judged():
    first = Levels(*(each[:1] for each in levels()))
    verdicts = {v.claim.id.rsplit("/", 1)[1]: v for v in judge(Hedging(narrow(), first))}
    assert verdicts["standard_most"].reproduced
    assert verdicts["balanced_decoder"].reproduced is None


def test_the_component_is_that_of_many_examples():
    rng = np.random.default_rng(0)
    parent = rng.random(200_000) < 0.25
    child = rng.random(parent.shape) < np.where(parent, 0.1, 0.2)
    x = np.stack([parent, child], axis=1).astype(float)
    expected = np.linalg.svd(x - x.mean(0), full_matrices=False)[2][0]
    found = first_component(0.1, 0.2, 0.25)
    np.testing.assert_allclose(found, expected * np.sign(expected[0]), atol=0.03)
    np.testing.assert_allclose(first_component(0.2, 0.0, 0.25), (0.970, 0.243), atol=5e-4)


def test_a_latent_is_measured_along_the_features():
    features = directions.orthonormal(0, 2, 5).astype(float)
    dims = ("with_parent.0", "seed")
    dataset = xarray.Dataset(
        {
            "W_dec": ((*dims, "latent", "input"), (3 * features[1])[None, None, None]),
            "b_enc": ((*dims, "latent"), np.zeros((1, 1, 1))),
            "b_dec": ((*dims, "input"), (0.2 * features[0])[None, None]),
            "status": (dims, np.array([["ok"]], dtype=object)),
        },
        {
            "data.data.data.with_parent.0": ("with_parent.0", [0.2]),
            "without_parent": ("with_parent.0", [0.1]),
            "coefficient": ("with_parent.0", [0.001]),
            "seed": [0],
        },
    )
    found = narrow_of(dataset)
    np.testing.assert_allclose(found.cosine[0, 0], [0, 1], atol=1e-6)
    np.testing.assert_allclose(found.bias[0, 0], [0.2, 0], atol=1e-6)


def test_latents_of_a_level_are_measured_along_the_features_of_its_case():
    """The second latent reads features 0 and 1, and writes feature 2; points are in any order."""
    features = directions.orthonormal(0, 4, 6).astype(float)
    dims = ("model.weights.0", "seed")
    encoder = np.stack([features[0], features[0] + features[1]], axis=1)
    decoder = np.stack([5 * features[0], features[2]])
    scale = np.array([1.0, -1.0])[:, None, None, None]
    dataset = xarray.Dataset(
        {
            "W_enc": ((*dims, "input", "latent"), scale * encoder),
            "W_dec": ((*dims, "latent", "input"), scale * decoder),
            "b_enc": ((*dims, "latent"), np.zeros((2, 1, 2))),
            "b_dec": ((*dims, "input"), np.zeros((2, 1, 6))),
            "status": (dims, np.array([["ok"], ["ok"]], dtype=object)),
        },
        {"model.weights.0": [0.17, 0.25], "seed": [0]},
    )
    found = levels_of(dataset)
    half = 0.5**0.5
    signs = {"balanced": -1, "unbalanced": 1}
    assert found.cases == tuple(signs)
    for place, sign in enumerate(signs.values()):
        read, written = [[1, 0, 0, 0], [half, half, 0, 0]], [[1, 0, 0, 0], [0, 0, 1, 0]]
        np.testing.assert_allclose(found.encoder[place, 0], sign * np.array(read), atol=1e-6)
        np.testing.assert_allclose(found.decoder[place, 0], sign * np.array(written), atol=1e-6)
