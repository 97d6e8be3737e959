"""The verdicts on uniform superposition, for tegum products built by hand."""

import functools
from pathlib import Path

import numpy as np
import pytest
import xarray

from experiments.elhage.uniform.claims import end_of, judge
from experiments.elhage.uniform.figures import draw
from experiments.elhage.uniform.levels import digon, on_lines
from experiments.elhage.uniform.measure import Models, Sweeps, by_density, measure, models_of
from superpos.app.claims.ledger import Verdict
from superpos.metrics import POLYTOPES
from superpos.train import NoMemberError
from tests.superpos.metrics.polytopes import FIGURES, direct_sum, padded, rotation

CLAIMS = {
    *("dense", "plateau", "plateau_ends", "sparse", "lines", "digons", "figures", "packed"),
    *("factors", "invariant_n", "invariant_m"),
}
N, M = 24, 6
DENSITY = np.array([1.0, 0.6, 0.3, 0.26, 0.22, 0.05])
BLOCKS = [
    [FIGURES["single"]] * 6,
    [FIGURES["tetrahedron"], FIGURES["triangle"], FIGURES["digon"]],
    [FIGURES["digon"]] * 6,
    [FIGURES["digon"]] * 6,
    [FIGURES["pentagon"]] * 3,
    [FIGURES["square antiprism"], FIGURES["pentagon"], FIGURES["digon"]],
]


def rows(blocks: list[np.ndarray], n: int = N, copies: int = 1) -> np.ndarray:
    W = direct_sum(*blocks * copies)
    return padded(W, n, W.shape[1]) @ rotation(0, W.shape[1])


PAPER = np.stack([rows(blocks) for blocks in BLOCKS])


def models(W: np.ndarray, density: np.ndarray = DENSITY) -> Models:
    return models_of(
        xarray.Dataset(
            {
                "W": (("density", "seed", "feature", "hidden"), W[:, None].astype(np.float32)),
                "status": (("density", "seed"), np.full((len(W), 1), "ok")),
            },
            {"density": density, "seed": [0]},
        )
    )


@functools.cache
def paper() -> Models:
    return models(PAPER)


@functools.cache
def more() -> Models:
    return models(np.stack([rows(blocks, 30) for blocks in BLOCKS]))


@functools.cache
def twice() -> Models:
    return models(np.stack([rows(blocks, 48, copies=2) for blocks in BLOCKS]))


def verdicts(
    base: Models, more_features: Models | None = None, double: Models | None = None
) -> dict[str, Verdict]:
    every = Sweeps(base, more_features or more(), double or twice())
    named = {verdict.claim.id.rpartition("/")[2]: verdict for verdict in judge(every)}
    assert set(named) == CLAIMS
    return named


@pytest.mark.slow
def test_what_the_paper_found_is_reproduced() -> None:
    """All lines are hit exactly; the share on them is more than twice that of the smooth null."""
    found = verdicts(paper())
    assert {name: v.reproduced for name, v in found.items()} == dict.fromkeys(CLAIMS, True)


def test_figures_are_found_in_every_model() -> None:
    names = [{POLYTOPES[code] for code in codes} for codes in paper().codes]
    assert names[0] == {"single", "none"}
    assert names[1] == {"tetrahedron", "triangle", "digon", "none"}
    assert names[5] == {"square antiprism", "pentagon", "digon", "none"}


def with_model(place: int, W: np.ndarray) -> np.ndarray:
    changed = PAPER.copy()
    changed[place] = W
    return changed


NOISE = np.random.default_rng(0).normal(size=(N, M)) / 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("claim", "W"),
    [
        ("dense", with_model(0, 0.9 * PAPER[0])),
        ("plateau", with_model(2, 0.9 * PAPER[2])),
        ("plateau", np.stack([PAPER[0]] * 6)),
        ("plateau_ends", with_model(4, PAPER[3])),
        ("sparse", with_model(5, PAPER[0])),
        ("lines", np.stack([NOISE * scale for scale in (1, 1.2, 1.4, 1.6, 1.7, 1.8)])),
        ("digons", with_model(2, rows([FIGURES["pentagon"]] * 2 + [FIGURES["single"]] * 2) * 1.0)),
        ("figures", with_model(1, PAPER[2])),
        ("packed", with_model(3, NOISE)),
        ("factors", with_model(3, NOISE)),
    ],
)
def test_what_differs_is_not_reproduced(claim: str, W: np.ndarray) -> None:
    assert verdicts(models(W))[claim].reproduced is False


@pytest.mark.slow
def test_growth_is_judged_at_shared_densities() -> None:
    """5 % more of ‖W‖² at one density alone is within the tolerance, 6 % is not."""
    for factor, expected in ((1.049, True), (1.06, False)):
        W = more().W.copy()
        W[2] *= factor**0.5
        assert verdicts(paper(), more_features=models(W))["invariant_n"].reproduced is expected
        W = twice().W.copy()
        W[2] *= factor**0.5
        assert verdicts(paper(), double=models(W))["invariant_m"].reproduced is expected
    elsewhere = models(2 * more().W, density=0.9 * DENSITY)
    assert verdicts(paper(), more_features=elsewhere)["invariant_n"].reproduced is None


@pytest.mark.slow
def test_what_needs_other_densities_is_not_run() -> None:
    found = verdicts(models(PAPER[2:3], DENSITY[2:3]))
    missing = {name for name, verdict in found.items() if verdict.reproduced is None}
    assert missing == {"dense", "plateau", "plateau_ends", "sparse", "digons"}
    alone = {v.claim.id.rpartition("/")[2]: v for v in judge(Sweeps(paper()))}
    assert alone["invariant_n"].reproduced is alone["invariant_m"].reproduced is None


@pytest.mark.parametrize(("p", "expected"), [(0.35, 0.492), (0.30, 0.490), (0.25, 0.489)])
def test_a_pair_alone_is_that_of_an_independent_optimisation(p: float, expected: float) -> None:
    """TARGETS.md, corrections: to 0.0015, as far as the points of the expected loss go."""
    assert digon(p) == pytest.approx(expected, abs=1.5e-3)


def test_the_phase_ends_between_two_densities() -> None:
    p = np.array([1.0, 0.5, 0.26, 0.22, 0.1])
    assert end_of(p, np.array([0, 1, 1, 0, 0], bool)) == pytest.approx(np.sqrt(0.26 * 0.22))
    assert end_of(p, np.zeros(5, bool)) is end_of(p, np.ones(5, bool)) is None


def test_lines_against_a_smooth_distribution() -> None:
    share, null = on_lines(np.random.default_rng(0).uniform(0, 1, 100_000))
    assert share == pytest.approx(0.18 + 0.005, abs=0.005)  # 0.355 to 0.42 for two of the lines
    assert null == pytest.approx(share, rel=0.15)
    share, null = on_lines(np.full(50, 0.5))
    assert share == 1
    assert null < 0.4
    assert on_lines(np.zeros(0)) == (0.0, 0.0)


def test_the_mean_over_instances_is_of_norms() -> None:
    W = np.stack([np.stack([PAPER[0], PAPER[2]])])
    dataset = xarray.Dataset(
        {
            "W": (("density", "seed", "feature", "hidden"), W.astype(np.float32)),
            "status": (("density", "seed"), np.array([["ok", "ok"]])),
        },
        {"density": [0.4], "seed": [0, 1]},
    )
    _, mean = by_density(models_of(dataset))
    assert mean[0] == pytest.approx(6 / 9)  # ‖W‖² of 6 and 12
    dataset["status"][0, 1] = "diverged"
    _, mean = by_density(models_of(dataset))
    assert mean[0] == pytest.approx(1.0)
    dataset["status"][0, 0] = "diverged"
    with pytest.raises(NoMemberError):
        models_of(dataset)


def test_a_sweep_over_density_alone() -> None:
    dataset = xarray.Dataset(
        {
            "W": (("density", "feature", "hidden"), PAPER.astype(np.float32)),
            "status": (("density",), np.full(6, "ok")),
        },
        {"density": DENSITY, "seed": 0},
    )
    np.testing.assert_array_equal(models_of(dataset).codes, paper().codes)


@pytest.mark.slow
def test_two_figures_are_drawn(tmp_path: Path) -> None:
    dataset = xarray.Dataset(
        {
            "W": (("density", "seed", "feature", "hidden"), PAPER[::-1, None].astype(np.float32)),
            "status": (("density", "seed"), np.full((6, 1), "ok")),
        },
        {"density": DENSITY[::-1], "seed": [0]},
    )
    measured = measure({"base": dataset})
    figures = draw(measured, tmp_path)
    assert [figure.name for figure in figures] == ["uniform.png", "polytopes.png"]
    for figure in figures:
        assert (tmp_path / figure.name).read_bytes().startswith(b"\x89PNG")
    states = [verdict.reproduced for verdict in judge(measured)]
    assert states == [True] * 9 + [None] * 2
