"""The claims on absorption, on dictionaries made by hand."""

import numpy as np
import pytest
import xarray

from experiments.saes.absorption.claims import judge
from experiments.saes.absorption.measure import Latents, Measured, latents_of
from superpos.data import directions

ROOT = 0.5**0.5
TRUE = np.eye(2)
ABSORBED = np.array([[1, 0], [ROOT, ROOT]])
PARTIAL_L1 = np.array([0.001, 0.3])


def latents(coefficient, recall, *, precision=1.0, encoder=TRUE, decoder=TRUE):
    shape = (len(coefficient), 3)
    return Latents(
        coefficient=np.array(coefficient),
        recall=np.broadcast_to(np.array(recall, float)[:, None], shape),
        precision=np.full(shape, precision),
        encoder=np.broadcast_to(encoder, (*shape, 2, 2)),
        decoder=np.broadcast_to(decoder, (*shape, 2, 2)),
    )


def measured(**changes):
    grown = np.stack([TRUE, np.array([[1, 0], [0.1, 0.995]])])[:, None]
    found = Measured(
        absorbed=latents(
            [0.0, 0.001], [1, 0], encoder=np.array([[1, -1], [0, 1.4]]), decoder=ABSORBED
        ),
        tied=latents([0.001], [1]),
        partial=latents(PARTIAL_L1, [1, 1], decoder=grown),
        varying=latents([0.001], [0.4]),
    )
    return found._replace(**changes)


def failed(found):
    return {v.claim.id.rsplit("/", 1)[1] for v in judge(found) if v.reproduced is False}


def test_absorption_is_reproduced():
    assert failed(measured()) == set()


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        (
            {"absorbed": latents([0.0, 0.001], [1, 1], precision=0.5)},
            {"recall", "precision", "encoder", "decoder_parent", "decoder_child"},
        ),
        (
            {"absorbed": measured().absorbed._replace(recall=np.zeros((2, 3)))},
            {"no_penalty"},
        ),
        ({"tied": latents([0.001], [0], decoder=ABSORBED)}, {"tied", "tied_decoder"}),
        ({"partial": latents(PARTIAL_L1, [0, 0])}, {"partial_small", "partial_large"}),
        ({"varying": latents([0.001], [0])}, {"varying"}),
    ],
)
def test_each_claim_can_fail(changes, wrong):
    assert failed(measured(**changes)) == wrong


def stored(W_enc, W_dec, config=""):
    """A sweep of one member, whose latents are rows of components along the features."""
    features = directions.orthonormal(0, 2, 5).astype(float)
    dims = ("coefficient", "seed")
    return xarray.Dataset(
        {
            "W_enc": ((*dims, "input", "latent"), (W_enc @ features).T[None, None]),
            "W_dec": ((*dims, "latent", "input"), (W_dec @ features)[None, None]),
            "b_enc": ((*dims, "latent"), np.zeros((1, 1, 2))),
            "b_dec": ((*dims, "input"), np.zeros((1, 1, 5))),
            "status": (dims, np.array([["ok"]], dtype=object)),
        },
        {"coefficient": [0.001], "seed": [0]},
        {"config": config},
    )


CONFIG = (
    '{"data.data.data.density": 0.25, "data.data.data.without_parent": 0.0,'
    ' "data.data.data.with_parent": [0.2], "data.data.data.magnitude.kind": "uniform"}'
)


def test_latents_are_told_apart_whatever_their_order():
    absorbed_encoder = np.array([[1.0, -1.0], [0.0, 2 * ROOT]])
    for order in ([0, 1], [1, 0]):
        found = latents_of(stored(absorbed_encoder[order], ABSORBED[order], CONFIG))
        np.testing.assert_allclose(found.decoder[0, 0], ABSORBED, atol=1e-6)
        np.testing.assert_allclose(found.encoder[0, 0], absorbed_encoder, atol=1e-6)
        assert found.recall.item() == 0
        assert found.precision.item() == 1


def test_the_truth_has_full_recall():
    assert latents_of(stored(TRUE, TRUE, CONFIG)).recall.item() == 1
