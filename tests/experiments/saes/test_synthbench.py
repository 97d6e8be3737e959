"""The claims on the frontiers of five architectures, on frontiers made by hand."""

import numpy as np
import pytest

from experiments.saes.synthbench.claims import judge
from experiments.saes.synthbench.measure import (
    BATCH_TOPK,
    JUMPRELU,
    L1,
    MATRYOSHKA,
    N_EXAMPLES,
    PURSUIT,
    Benchmark,
    Frontier,
    Truth,
    sample_factors,
)

L0 = np.array([3.0, 4, 5, 6, 8, 10])
N_FEATURES = 40
TRUTH = Truth(
    density=7.3 * np.arange(N_FEATURES, 0, -1) / (N_FEATURES * (N_FEATURES + 1) / 2),
    levels=np.array([0, 8]),
    n_latents=10,
    l0=5.6,
    explained_variance=0.75,
    chance=0.3,
)
PUBLISHED = {  # F1, MCC, uniqueness and explained variance at L0 25
    BATCH_TOPK: (0.7316, 0.7574, 0.9837, 0.7923),
    MATRYOSHKA: (0.8793, 0.7927, 0.9987, 0.7792),
    PURSUIT: (0.4464, 0.6930, 0.8281, 0.8351),
    L1: (0.5562, 0.6039, 0.8976, 0.7654),
    JUMPRELU: (0.7317, 0.7527, 0.9885, 0.7951),
}


def frontier(f1: float, mcc: float, uniqueness: float, explained: float) -> Frontier:
    falling = 0.04 * (5 - L0)
    cosine = np.tile(TRUTH.density, (len(L0), 1))
    level = np.ones(len(L0))
    return Frontier(
        asked=L0,
        l0=1.02 * L0,
        explained_variance=explained - falling / 2,
        f1=f1 + falling,
        mcc=mcc * level,
        uniqueness=uniqueness * level,
        cosine=cosine,
        matrix=np.ones((len(L0), 2, 2)),
    )


def benchmark(name: str = "", **changes: np.ndarray | float) -> Benchmark:
    """That of the paper's table, with one architecture changed."""
    found = {each: frontier(*scores) for each, scores in PUBLISHED.items()}
    if name:
        full = {key: np.broadcast_to(value, L0.shape) for key, value in changes.items()}
        found[name] = found[name]._replace(**full)
    return Benchmark(found, TRUTH)


def failed(measured: Benchmark) -> set[str]:
    return {v.claim.id.rsplit("/", 1)[1] for v in judge(measured) if v.reproduced is not True}


def test_the_published_table_is_reproduced() -> None:
    assert failed(benchmark()) == set()


@pytest.mark.parametrize(
    ("measured", "wrong"),
    [
        (benchmark(PURSUIT, explained_variance=0.77), {"reconstructs"}),
        (benchmark(PURSUIT, explained_variance=0.7), {"reconstructs", "beats_truth"}),
        (benchmark(L1, f1=0.4), {"overfits"}),
        (benchmark(PURSUIT, f1=0.9), {"overfits", "matryoshka_f1"}),
        (benchmark(JUMPRELU, f1=0.9), {"matryoshka_f1", "alike"}),
        (benchmark(BATCH_TOPK, mcc=0.8), {"matryoshka_mcc"}),
        (benchmark(L1, f1=0.74), {"above_l1"}),
        (benchmark(L1, mcc=0.7), {"l1_mcc"}),
        (benchmark(PURSUIT, uniqueness=0.95), {"repeats"}),
        (benchmark(BATCH_TOPK, f1=0.73 - 0.04 * (5 - L0)), {"lower"}),
        (benchmark(JUMPRELU, l0=1.2 * L0), {"reached"}),
        (benchmark(PURSUIT, l0=0.5 * L0), set()),
        (benchmark(L1, mcc=0.35), {"over_random"}),
        (benchmark(L1, mcc=np.nan), {"matryoshka_mcc", "l1_mcc", "over_random"}),
    ],
)
def test_each_claim_can_fail(measured: Benchmark, wrong: set[str]) -> None:
    assert failed(measured) == wrong


def test_features_that_are_found_whether_frequent_or_not_fail() -> None:
    found = benchmark().found
    rare = found[L1]._replace(cosine=found[L1].cosine[:, ::-1])
    assert failed(Benchmark({**found, L1: rare}, TRUTH)) == {"frequent"}


def test_the_l0_of_the_tables_is_scaled_by_the_true_one() -> None:
    measured, full = benchmark(), TRUTH._replace(density=TRUTH.density * 34.29 / 7.3)
    found = measured.found[L1]
    assert [L0[found.level(l0)] for l0 in (measured.compared, measured.lower)] == [5, 4]
    full = Benchmark(measured.found, full)
    assert (full.compared, full.lower) == pytest.approx((25, 20))


def test_examples_are_those_of_the_data() -> None:
    factors = sample_factors(n_features=12, n_roots=2, branching=4, depth=1, rank=3)
    assert factors.shape == (N_EXAMPLES, 12)
    assert (factors > 0).mean(0)[0] == pytest.approx(0.4, abs=0.05)
