"""The contestants train the same problem, and a sample is as long as it says."""

import itertools
import subprocess
from collections.abc import Iterator

import jax
import numpy as np
import pytest

from experiments.bench import machine, memory, ours, peers, timing
from experiments.bench.__main__ import main
from experiments.bench.cases import CASES, IMPORTANCE_DECAY, SAMPLE_S, Case, Pace
from experiments.bench.contestants import CPU, GPU, KERNEL, ONE_SEED, Contestant, contestants


class MostlyDense(Case):
    """All models but the last at density 1, or so close to it that it makes no difference."""

    @property
    def densities(self) -> list[float]:
        return [1 - 1e-4 * number for number in range(self.n_models - 1)] + [0.01]


DENSE = MostlyDense(5, 2, 17, batch_size=64)
N_STEPS = 400
FAST_RATE = 1e-2


def losses(trained: ours.Trained, density: float) -> np.ndarray:
    """Weighted error of each model on one large batch, by the definition."""
    W, b = trained
    rng = np.random.default_rng(0)
    x = rng.random((20_000, 5)) * (rng.random((20_000, 5)) <= density)
    recon = np.maximum(np.einsum("bf,kfh,kgh->kbg", x, W, W) + b[:, None], 0)
    return (IMPORTANCE_DECAY ** np.arange(5) * (x - recon) ** 2).sum(-1).mean(-1)


@pytest.fixture
def loose() -> Iterator[None]:
    """A peer is written as one would first write it: it lets JAX promote ranks.

    The check for reused keys takes the keys that a mapped scan runs over for used.
    """
    with jax.numpy_rank_promotion("allow"), jax.debug_key_reuse(False):
        yield


@pytest.fixture(scope="module", autouse=True)
def fast_rate() -> Iterator[None]:
    """A learning rate at which some hundred updates are enough."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ours, "LEARNING_RATE", FAST_RATE)
        patch.setattr(peers, "LEARNING_RATE", FAST_RATE)
        yield


@pytest.fixture(scope="module")
def reference(fast_rate: None) -> np.ndarray:
    """Losses of superpos with a seed each, all at density 1."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ours, "SEEDS_DENSITY", 1.0)
        return losses(ours.seeds(DENSE, N_STEPS)(), 1.0)


@pytest.mark.slow
@pytest.mark.parametrize("peer", ["jax_vmap", "torch_eager"])
def test_each_peer_trains_what_superpos_trains(
    peer: str, reference: np.ndarray, loose: None
) -> None:
    if peer.startswith("torch"):
        torch = pytest.importorskip("torch")
        torch.manual_seed(0)
        torch.set_num_threads(1)  # of the small batch; two would wait for each other
    trained = getattr(peers, peer)(DENSE, N_STEPS)()
    assert [array.shape for array in trained] == [(17, 5, 2), (17, 5)]
    untrained = losses((np.zeros((1, 5, 2)), np.zeros((1, 5))), 1.0)
    found = losses(trained, 1.0)
    # Where a run ends depends on where it begins, by up to 10 %; the mean over many does not.
    assert reference.mean() < 0.2 * untrained
    assert found[:-1].mean() == pytest.approx(reference.mean(), rel=0.04)
    assert found[-1] > 3 * reference.mean()  # the last model never saw dense data


@pytest.mark.slow
def test_members_come_in_the_order_of_the_grid_from_any_chunks(reference: np.ndarray) -> None:
    whole = ours.points(DENSE, N_STEPS)()
    found = losses(whole, 1.0)
    assert found[0] == pytest.approx(reference[0], rel=1e-3)  # seed 0 at density 1 in both
    assert found[-1] > 3 * found[-2]
    for one, other in zip(ours.points(DENSE, N_STEPS, chunk=5)(), whole, strict=True):
        np.testing.assert_allclose(one[-1], other[-1], rtol=1e-2, atol=1e-3)


@pytest.mark.slow
def test_a_seed_each_trains_models_that_differ() -> None:
    W, b = ours.seeds(Case(5, 2, 6, batch_size=16), 50)()
    assert W.shape == (6, 5, 2)
    assert b.shape == (6, 5)
    pairs = itertools.combinations(W, 2)
    assert all(np.abs(one - other).max() > 1e-3 for one, other in pairs)


def test_training_again_begins_anew() -> None:
    torch = pytest.importorskip("torch")
    run = peers.torch_eager(Case(3, 1, 2, batch_size=8), 5)
    torch.manual_seed(0)
    first = run()
    torch.manual_seed(0)
    for one, other in zip(first, run(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_cases_are_those_that_were_promised() -> None:
    assert [case.name for case in CASES] == [
        "5→2 x 10",
        "5→2 x 100",
        "5→2 x 1,000",
        "20→5 x 10",
        "20→5 x 100",
        "20→5 x 1,000",
        "400→30 x 8",
        "400→30 x 64",
        "2→1 x 4,000",
    ]


def test_densities_run_from_one_to_a_hundredth_and_are_distinct() -> None:
    for case in CASES:
        values = np.float32(case.densities)
        assert values[0] == 1
        assert values[-1] == pytest.approx(0.01)
        assert len(np.unique(values)) == case.n_models
    assert Case(5, 2, 1).densities == [1.0]


def test_a_sample_has_fewer_steps_where_a_step_costs_more() -> None:
    small, large = Case(5, 2, 10), Case(5, 2, 1000)
    fast, slow = Pace(1e4, 1.0, 0.1), Pace(1e4, 25.0, 0.1)
    assert small.n_steps(fast) > large.n_steps(fast) > large.n_steps(slow)
    assert Case(400, 30, 10_000).n_steps(slow) == slow.fewest_steps == 2


def test_a_sample_has_a_least_number_of_steps_however_many_models_there_are() -> None:
    pace = Pace(1e4, 1.0, 0.1, fewest_steps=100)
    few, many = (Case(5, 2, k).n_steps(pace) for k in (10, 1_000_000))
    assert few == Case(5, 2, 10).n_steps(pace._replace(fewest_steps=2)) > many == 100


def test_samples_are_taken_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, order = [0.0], []
    monkeypatch.setattr(timing.time, "perf_counter", lambda: clock[0])

    def taking(name: str, seconds: float) -> timing.Prepared:
        def run() -> None:
            order.append(name)
            clock[0] += seconds

        return timing.Prepared(run, 1000, 0.0)

    us = timing.samples({"a": taking("a", SAMPLE_S / 2), "b": taking("b", 2 * SAMPLE_S)}, 2)
    assert "".join(order) == "ab" + "aab" * 2  # a warm-up, then a sample of each, twice
    assert us["a"] == pytest.approx([500 * SAMPLE_S] * 2)
    assert us["b"] == pytest.approx([2000 * SAMPLE_S] * 2)


def test_a_case_is_measured_for_everyone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "SAMPLE_S", 1e-6)

    def prepare(case: Case, n_steps: int) -> ours.Run:
        return lambda: (np.zeros(case.n_models), np.zeros(n_steps))

    slow = Pace(1e4, 1e9, 0.0)
    who = {"a": Contestant(prepare, slow), "b": Contestant(prepare, slow, most_features=4)}
    row = timing.measure(Case(5, 2, 2000), who)
    assert row["case"] == "5→2 x 2,000"
    assert row["us_per_model_step"].keys() == row["prepare_s"].keys() == {"a"}
    assert len(row["samples"]["a"]) == timing.REPEATS


def test_torch_takes_part_only_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert [*contestants()] == ["superpos, one seed", "superpos, a seed each", "jax vmap of scan"]
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert KERNEL in contestants() and "torch compiled" not in contestants()


def test_the_kernel_is_for_few_features() -> None:
    assert [case.name for case in CASES if GPU[KERNEL].takes(case)] == [
        "5→2 x 10",
        "5→2 x 100",
        "5→2 x 1,000",
        "2→1 x 4,000",
    ]
    assert all(CPU[ONE_SEED].takes(case) for case in CASES)


def test_memory_that_cannot_be_measured_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = subprocess.CompletedProcess([], 1, stdout="")
    monkeypatch.setattr(subprocess, "run", lambda *args, **kwargs: failed)
    rows = memory.memory([Case(5, 2, 100)], ["a"])
    assert rows == [{"case": "5→2 x 100", "mib": {"a": None}}]


def test_the_processor_has_a_name() -> None:
    text = "processor\t: 0\nmodel name\t: AMD EPYC 9B14: x\nmodel name\t: other\n"
    assert machine.cpu_name(text) == "AMD EPYC 9B14: x"
    assert machine.cpu_name("") != ""
    assert machine.machine().keys() >= {"cpu", "cores", "date", "jax", "torch", "device"}


def test_an_unknown_argument_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--wrte"]) == 2
    assert "--write" in capsys.readouterr().err
