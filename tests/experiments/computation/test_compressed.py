"""The claims on compressed computation, on networks made by hand."""

from pathlib import Path

import numpy as np
import pytest

from experiments.computation.compressed.claims import ROWS, judge
from experiments.computation.compressed.figures import draw
from experiments.computation.compressed.measure import (
    Compressed,
    Networks,
    cosine_to_inverse,
    mixture_of,
    naive_loss,
    responses,
    served,
    share_at_top,
    swapped,
    variation,
)

N, M, P = 8, 4, 0.1


def inputs(n_examples: int, n: int = N) -> np.ndarray:
    rng = np.random.default_rng(0)
    on = rng.random((n_examples, n)) < P
    return np.where(on, rng.uniform(-1, 1, (n_examples, n)), 0)


def naive(n: int = N, m: int = M) -> np.ndarray:
    """W_in, and W_out, of a network that computes the first m of n ReLUs."""
    return np.eye(n)[:, :m]


def network(W_in: np.ndarray, W_out: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.maximum(x @ W_in, 0) @ W_out.T


def test_the_naive_loss_is_p_over_12_a_feature() -> None:
    assert naive_loss(np.zeros((100, 100)), 0.01, 50) / 100 == pytest.approx(0.01 / 12)


@pytest.mark.parametrize("scale", [0.0, 0.3])
def test_the_naive_loss_is_that_of_its_network(scale: float) -> None:
    """Which computes those of the largest M_ii, as it loses most by them."""
    rng = np.random.default_rng(1)
    mixture = scale * rng.standard_normal((N, N))
    mixture = mixture[np.argsort(-np.diag(mixture))][:, np.argsort(-np.diag(mixture))]
    x = inputs(400_000)
    errors = np.maximum(x, 0) + x @ mixture.T - network(naive(), naive(), x)
    squares = np.square(errors).sum(1)
    within = 4 * squares.std() / np.sqrt(len(x))
    assert naive_loss(mixture, P, M) == pytest.approx(squares.mean(), abs=within)


def test_what_a_network_serves() -> None:
    up, down = responses(naive(), naive())
    np.testing.assert_array_equal(up, [1] * M + [0] * M)
    np.testing.assert_array_equal(down, 0)
    np.testing.assert_array_equal(served(naive(), naive()), up == 1)
    linear = np.concatenate([np.eye(N), -np.eye(N)], 1)  # x itself, which is half of the ReLU off
    assert not served(linear, linear).any()
    assert variation(naive(), naive()) == pytest.approx(1)
    assert variation(0 * naive(), naive()) == np.inf


def test_codewords_that_are_exchanged() -> None:
    assert swapped(np.eye(N), np.eye(N)) == 1
    assert swapped(naive(), naive()) == pytest.approx(M * (M - 1) / (N * (N - 1)))
    assert swapped(np.roll(np.eye(N), 1, 0), np.eye(N)) == 0
    codes = np.array([[a, b] for a in (0, 1) for b in (0, 1)][1:], float)
    read = np.linalg.pinv(codes).T
    by_hand = []
    for i in range(3):
        for j in range(i):
            rows = codes.copy()
            rows[[i, j]] = rows[[j, i]]
            outputs = network(rows, read, np.eye(3))
            by_hand.append(outputs[i].argmax() == j and outputs[j].argmax() == i)
    assert swapped(codes, read) == pytest.approx(np.mean(by_hand))


def test_the_pseudo_inverse_and_the_top_of_a_matrix() -> None:
    W = np.random.default_rng(0).standard_normal((N, M))
    assert cosine_to_inverse(W, 0.3 * np.linalg.pinv(W).T) == pytest.approx(1)
    assert cosine_to_inverse(W, -np.linalg.pinv(W).T) == pytest.approx(-1)
    assert np.isnan(cosine_to_inverse(W, 0 * W))
    diagonal = np.diag(np.arange(N, dtype=float))
    assert share_at_top(np.eye(N)[:, -M:], diagonal) == pytest.approx(1)
    assert share_at_top(np.eye(N)[:, :M], diagonal) == pytest.approx(0)
    assert share_at_top(np.eye(N), diagonal) == pytest.approx(1)


def test_the_mixture_is_that_of_the_config() -> None:
    config = {"data.mixture": "embedding", "data.n_features": 5, "data.n_embed": 4}
    found = mixture_of({**config, "data.mixture_seed": 3})
    assert found.shape == (5, 5) and np.allclose(np.diag(found), 0, atol=1e-6)


def networks(gains: list[float], codes: list[tuple[np.ndarray, np.ndarray]], **values) -> Networks:
    """Of these weights; the losses are those of the gains over the naive network."""
    k = len(gains)
    W_in, W_out = (np.array(each) for each in zip(*codes, strict=True))
    found = Networks(
        mixing=np.array(values.get("mixing", [0.0] * k)),
        exponent=np.array(values.get("exponent", [2.0] * k)),
        density=np.full(k, P),
        loss=np.zeros(k),
        W_in=W_in,
        W_out=W_out,
        M=np.diag([0.0] * M + [1.0] * M),
    )
    return found._replace(loss=found.naive * (1 - np.array(gains)))


def compressed(*, good: bool) -> Compressed:
    """As is claimed, or in nothing."""
    rng, top = np.random.default_rng(0), np.eye(N)[:, -M:]
    frame = np.linalg.qr(rng.standard_normal((N, N)))[0]
    shared = np.concatenate([frame, -frame], 1)
    fourth = (np.abs(shared), np.linalg.pinv(np.abs(shared)).T)
    wide = np.concatenate([naive(), np.zeros((N, 2 * N - M))], 1)
    if not good:
        back = (top[::-1], top[::-1])
        return Compressed(
            networks([0.1, 0.0], [back, back], mixing=[0.0, 0.2]),
            networks([0.0], [back], mixing=[1.0]),
            networks([0, 0], [(shared, shared), (wide, -wide)], exponent=[2.0, 4.0]),
        )
    return Compressed(
        networks([0.0, 0.1, 0.3], [(top, top)] * 3, mixing=[0.0, 0.1, 0.2]),
        networks([0.1], [(top, top)], mixing=[1.0]),
        networks([0, 0], [(wide, wide), fourth], exponent=[2.0, 4.0]),
    )


def outcomes(found) -> dict[str, bool | None]:
    return {each.claim.id.rsplit("/", 1)[1]: each.reproduced for each in found}


@pytest.mark.parametrize("good", [True, False])
def test_each_claim_can_hold_and_fail(good: bool, tmp_path: Path) -> None:
    measured = compressed(good=good)
    assert outcomes(judge(measured)) == {key: good for key, *_ in ROWS}
    for figure in draw(measured, tmp_path):
        assert (tmp_path / figure.name).read_bytes().startswith(b"\x89PNG")


def test_what_is_not_there_is_not_judged() -> None:
    code = (naive(), naive())
    measured = Compressed(
        networks([0.1], [code], mixing=[0.0]),
        networks([0.1], [code], mixing=[1.0]),
        networks([0.0], [code], exponent=[3.0]),
    )
    found = outcomes(judge(measured))
    assert {key for key, held in found.items() if held is not None} == {"clean", "embedding"}
