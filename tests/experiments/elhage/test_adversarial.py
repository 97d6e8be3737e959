"""Attacks on models made by hand, and the verdicts on them."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray

from experiments.elhage import attacks
from experiments.elhage.adversarial.claims import judge
from experiments.elhage.adversarial.figures import draw
from experiments.elhage.adversarial.measure import measure
from experiments.elhage.attacks import Attacked, attack
from superpos import models
from superpos.app.claims.ledger import Verdict

CLAIMS = {"dense", "rise", "spearman", "sparse_most", "aimed"}
ONE = np.ones(6)
FEATURES = np.array([1.0, 1.1, 2.0, 2.1, 4.0, 4.2])
PAPER = Attacked(
    density=np.array([1.0, 1.0, 0.3, 0.3, 0.1, 0.1]),
    gain=FEATURES,
    reference=ONE,
    aimless=0.5 * ONE,
    features=FEATURES,
    clean=ONE,
    trained_against=0 * ONE,
    sizes=(100, 10),
)


def verdicts(attacked: Attacked) -> dict[str, Verdict]:
    found = {verdict.claim.id.rpartition("/")[2]: verdict for verdict in judge(attacked)}
    assert set(found) == CLAIMS
    return found


def test_what_the_paper_found_is_reproduced() -> None:
    found = verdicts(PAPER)
    assert {verdict.reproduced for verdict in found.values()} == {True}
    assert found["rise"].measured == pytest.approx(4.1 / 1.05)
    assert found["spearman"].measured == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("claim", "attacked"),
    [
        ("dense", PAPER._replace(reference=2 * ONE)),
        ("rise", PAPER._replace(gain=np.sqrt(FEATURES))),
        ("rise", PAPER._replace(gain=ONE)),
        ("spearman", PAPER._replace(gain=1 / FEATURES)),
        ("spearman", PAPER._replace(features=FEATURES[[0, 4, 2, 3, 1, 5]])),
        ("sparse_most", PAPER._replace(gain=np.array([1, 1, 9, 9, 4, 4.0]))),
        ("aimed", PAPER._replace(aimless=np.array([0.5, 0.5, 3, 3, 0.5, 0.5]))),
    ],
)
def test_what_differs_is_not_reproduced(claim: str, attacked: Attacked) -> None:
    assert verdicts(attacked)[claim].reproduced is False


def test_what_needs_more_densities_is_not_run() -> None:
    one = Attacked(*(field[:2] for field in PAPER[:7]), sizes=(100, 10))
    assert {n for n, v in verdicts(one).items() if v.reproduced is None} == {
        "spearman", "sparse_most", "aimed"
    }  # fmt: skip
    constant = PAPER._replace(gain=ONE, features=ONE)
    assert verdicts(constant)["spearman"].reproduced is None
    late = PAPER._replace(density=PAPER.density / 2)
    assert verdicts(late)["rise"].reproduced is None


def gain(W: np.ndarray, b: float, x: np.ndarray, step: float) -> float:
    n, m = W.shape
    model = models.autoencoder(n_features=n, n_hidden=m)
    params = models.AutoencoderParams(W=jnp.asarray(W, jnp.float32), b=jnp.full(n, b))
    examples = jnp.asarray(x, jnp.float32)
    return float(jax.jit(lambda x: attack(model, params, x, jnp.float32(step)))(examples))


@pytest.mark.slow
def test_an_attack_by_hand() -> None:
    """Orthogonal features move by the step. Both of a digon are pushed by √2 of it, one clipped."""
    x = np.array([[0.5, 0.5]])
    assert gain(np.eye(2), 0.0, x, 0.1) == pytest.approx(0.01, rel=1e-4)
    digon, alone = np.array([[1.0], [-1.0]]), np.array([[0.5, 0.0]])
    assert gain(digon, 0.0, alone, 0.1) == pytest.approx(2 * 0.01, rel=1e-4)
    assert gain(0 * digon, 0.0, alone, 0.1) == 0


def test_an_attack_is_the_best_of_the_rows() -> None:
    """By loops in float64."""
    rng = np.random.default_rng(0)
    W, x, step = rng.normal(size=(5, 2)), rng.uniform(size=(3, 5)), 0.2

    def loss(target: np.ndarray, inputs: np.ndarray) -> float:
        return float(np.square(np.maximum(W @ (W.T @ inputs) - 0.1, 0) - target).sum())

    rows = W @ W.T
    rises = [
        max(loss(each, each + step * row / np.linalg.norm(row)) for row in rows) - loss(each, each)
        for each in x
    ]
    assert gain(W, -0.1, x, step) == pytest.approx(np.mean(rises), rel=1e-4)


@pytest.mark.slow
def test_measure_attacks_the_stored_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No superposition at p = 1, digons below; a model that diverged is left out."""
    monkeypatch.setattr(attacks, "N_EXAMPLES", 256)
    plain = np.eye(4, 2)
    digons = np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]])
    W = np.stack([[plain, np.full((4, 2), np.nan)], [digons, digons]])
    b = np.zeros((2, 2, 4))
    b[0, 0] = [0, 0, 0.5, 0.5]
    dataset = xarray.Dataset(
        {
            "W": (("density", "seed", "feature", "hidden"), W.astype(np.float32)),
            "b": (("density", "seed", "feature"), b.astype(np.float32)),
            "status": (("density", "seed"), np.array([["ok", "diverged"], ["ok", "ok"]])),
        },
        {"density": [1.0, 0.1], "seed": [0, 1]},
    )
    attacked = measure({"sweep": dataset})
    assert attacked.density.tolist() == [1.0, 0.1, 0.1]
    np.testing.assert_allclose(attacked.features, [1, 2, 2], rtol=1e-6)
    assert attacked.relative[0] == pytest.approx(1.0, rel=1e-5)
    assert attacked.gain[1] == attacked.gain[2]
    assert 1.2 < attacked.relative[1] < 4
    assert set(verdicts(attacked)) == CLAIMS
    [figure] = draw(attacked, tmp_path)
    assert (tmp_path / figure.name).read_bytes().startswith(b"\x89PNG")
