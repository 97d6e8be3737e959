"""The claims on seeds that agree, on curves made by hand."""

import numpy as np
import pytest

from experiments.saes.seeds.claims import judge
from experiments.saes.seeds.measure import Agreement, Agreements, paired

L1 = np.array([0.01, 0.1, 0.4])
K = np.array([1.0, 3.0, 8.0])


def agreement(setting: np.ndarray, ends: tuple[float, ...], seeds=None) -> Agreement:
    """Curves from 0.5 to the ends; agreement of seeds is 0.02 less."""
    truth = np.linspace(0.5, np.array(ends), 4).T
    agree = truth - 0.02 if seeds is None else np.linspace(0.5, np.array(seeds), 4).T
    return Agreement(setting, truth, agree, np.ones((len(setting), 2, 2)))


def verdicts(l1: Agreement, topk: Agreement) -> set[str]:
    """The claims that failed."""
    found = judge(Agreements(l1, topk, np.arange(4), 0.5))
    return {each.claim.id.rsplit("/", 1)[1] for each in found if each.reproduced is False}


GOOD_L1, GOOD_K = agreement(L1, (0.7, 0.9, 0.6)), agreement(K, (0.6, 0.95, 0.7))


def test_seeds_that_agree_where_they_are_right_are_reproduced():
    assert verdicts(GOOD_L1, GOOD_K) == set()


@pytest.mark.parametrize(
    ("l1", "topk", "wrong"),
    [
        (agreement(L1, (0.96, 0.9, 0.6)), GOOD_K, {"topk_above_l1", "fair"}),
        (GOOD_L1, agreement(K, (0.96, 0.91, 0.7)), {"true_k"}),
        (agreement(L1, (0.7, 0.9, 0.6), (0.5, 0.6, 0.9)), GOOD_K, {"follows", "chosen"}),
        (agreement(L1, (0.6, 0.7, 0.6)), GOOD_K, {"fair", "true_k", "chosen"}),
    ],
)
def test_each_claim_can_fail(l1, topk, wrong):
    assert verdicts(l1, topk) == wrong


def test_without_the_settings_of_the_paper_nothing_is_said_of_them():
    other = agreement(np.array([1.0, 8.0]), (0.6, 0.9))
    found = judge(Agreements(GOOD_L1, other, np.arange(4), 0.5))
    unrun = {each.claim.id.rsplit("/", 1)[1] for each in found if each.measured is None}
    assert unrun == {"topk_above_l1", "fair", "true_k"}


def test_a_latent_is_shown_at_the_place_of_its_feature():
    rng = np.random.default_rng(0)
    truth = np.linalg.qr(rng.normal(size=(6, 6)))[0].astype(np.float32)
    order = rng.permutation(6)
    np.testing.assert_allclose(paired(truth, -truth[order]), np.eye(6), atol=1e-6)
    more = np.concatenate([truth[order], rng.normal(size=(2, 6)).astype(np.float32)])
    assert paired(truth, more).shape == (6, 8)
    np.testing.assert_allclose(paired(truth, more)[:, :6], np.eye(6), atol=1e-6)
    fewer = paired(truth, truth[order][:4])
    assert fewer.shape == (6, 4)
    np.testing.assert_allclose(fewer[np.sort(order[:4])], np.eye(4), atol=1e-6)
