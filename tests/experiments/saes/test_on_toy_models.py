"""The claims on features that come back, on toy models and dictionaries made by hand."""

import numpy as np
import pytest
import xarray

from experiments.saes.on_toy_models.claims import judge
from experiments.saes.on_toy_models.measure import (
    Dictionaries,
    Recovered,
    Toys,
    largest_cosine,
    mean_where,
    measure,
)

DENSITY = np.array([1.0, 0.2, 0.1, 0.05])
N, M = 40, 10
KEPT = np.array([np.arange(N) < kept for kept in (10, 20, 40, 40)])
RISING = np.linspace(0.9, 0.99, N)
"""Cosines of what has come back, which rise as dimensionalities do."""


def toys(**changes):
    D = np.where(KEPT, np.linspace(0.2, 0.3, N), 0.0)
    D[0] = KEPT[0]
    made = Toys(density=DENSITY, W=np.zeros((4, N, M)), D=D, represented=KEPT)
    return made._replace(**changes)


def dictionaries(cosine, setting=(0.01, 0.1)):
    """With the same cosines of each feature at all settings, or those of each setting."""
    cosine = np.asarray(cosine, float)
    shape = (len(setting), 4, 1, N)
    if cosine.ndim == 2:
        cosine = cosine[None]
    return Dictionaries(np.array(setting), np.arange(4), np.broadcast_to(cosine[:, :, None], shape))


def flat(value):
    return dictionaries(np.full((4, N), value))


BACK = np.stack([np.full(N, 0.5), RISING - 0.06, RISING - 0.02, RISING])
BY_K = np.full((4, 4, N), 0.5)
"""TopK of k 1, 2, 4 and 8, the best where as many are on: 4 of 0.2 x 20 and 0.1 x 40, 2 of 0.05."""
BY_K[2, 1] = BY_K[2, 2] = BY_K[1, 3] = 0.9


def recovered(**changes):
    made = Recovered(
        toys=toys(),
        l1=dictionaries(BACK),
        l0=np.ones((2, 4)),
        f1=np.full((2, 4), 0.8),
        topk=dictionaries(BY_K, (1, 2, 4, 8)),
        gaussian=flat(0.6),
        untrained=flat(0.6),
        random=np.full(4, 0.6),
        fragile=None,
    )
    return made._replace(**changes)


def failed(found):
    return {v.claim.id.rsplit("/", 1)[1] for v in judge(found) if v.reproduced is False}


def test_density_that_decides_is_reproduced():
    assert failed(recovered()) == set()


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        (
            {"l1": dictionaries(BACK - 0.6)},
            {"returns", "density_decides", "falls", "over_random", "over_untrained"}
            | {"over_gaussian"},
        ),
        ({"l1": dictionaries(np.tile(RISING, (4, 1)))}, {"density_decides", "falls"}),
        ({"l1": dictionaries(np.concatenate([BACK[:1], BACK[1:, ::-1]]))}, {"dimensionality"}),
        ({"topk": dictionaries(BY_K[[2, 3, 0, 1]], (1, 2, 4, 8))}, {"l0"}),
        ({"f1": np.zeros((2, 4))}, {"detected"}),
        ({"gaussian": flat(0.9)}, {"over_gaussian"}),
        ({"untrained": flat(0.9)}, {"over_untrained"}),
        ({"random": np.full(4, 0.9)}, {"over_random"}),
        ({"toys": toys(D=np.where(KEPT, toys().D, 0) * 0.8)}, {"out_of_superposition"}),
    ],
)
def test_each_claim_can_fail(changes, wrong):
    assert failed(recovered(**changes)) == wrong


def test_models_of_few_features_are_not_in_superposition():
    few = np.tile(np.arange(N) < M, (4, 1))
    assert {"in_superposition", "dimensionality"} <= failed(recovered(toys=toys(represented=few)))


def test_the_best_setting_is_that_of_each_model():
    rows = np.full((2, 4, N), 0.2)
    rows[1, 2] = 0.7
    np.testing.assert_array_equal(dictionaries(rows).best(toys()), [0, 0, 1, 0])


def test_means_are_over_what_is_chosen():
    values = np.array([[1.0, 2.0, 6.0], [1.0, 2.0, 3.0]])
    chosen = np.array([[True, False, True], [False, False, False]])
    np.testing.assert_array_equal(mean_where(values, chosen), [3.5, np.nan])


def test_latents_that_are_the_features_are_found():
    """A toy model whose two features are on alone, and latents that are its rows."""
    eye, dims = np.eye(2), ("coefficient", "member", "seed")
    ok = {"status": (dims, np.full((1, 1, 1), "ok", dtype=object))}
    toy = xarray.Dataset(
        {
            "W": (("density", "seed", "feature", "hidden"), eye[None, None]),
            "status": (("density", "seed"), np.array([["ok"]], dtype=object)),
        },
        {"density": [0.5], "seed": [0]},
    )
    weights = {
        "W_enc": ((*dims, "input", "latent"), eye[None, None, None]),
        "W_dec": ((*dims, "latent", "input"), eye[::-1][None, None, None]),
        "b_enc": ((*dims, "latent"), np.zeros((1, 1, 1, 2))),
        "b_dec": ((*dims, "input"), np.zeros((1, 1, 1, 2))),
    }
    turned = dict(weights) | {"W_enc": (weights["W_enc"][0], eye[::-1][None, None, None])}
    axes = {"coefficient": [0.1], "member": [0], "seed": [0]}
    own = xarray.Dataset(turned | ok, axes)
    start = own.isel(coefficient=0, member=0)
    found = measure(
        {
            **{"toy": toy, "l1": own, "gaussian": own, "untrained": start},
            "topk": own.rename(coefficient="k"),
        }
    )
    np.testing.assert_allclose(found.l1.cosine, 1)
    np.testing.assert_allclose(found.f1, 1)
    np.testing.assert_allclose(found.l0, 1, atol=0.1)
    assert found.random.item() == pytest.approx(4 / np.pi**2, abs=0.15)


def test_the_largest_cosine_ignores_lengths():
    W_dec = np.array([[2.0, 0.0], [0.0, 0.0], [3.0, 3.0]])
    np.testing.assert_allclose(largest_cosine(W_dec, np.array([[0.0, 5.0]])), [0.5**0.5])
