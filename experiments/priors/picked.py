"""Which functions trained networks pick of those that fit, beside what is expected of them."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray

from experiments import statistics
from superpos.arguments import ArgumentError
from superpos.data import boolean_inputs
from superpos.models import kernels
from superpos.train import store

N_KERNEL_DRAWS, N_FLOOR = 400_000, 400


class Picks(NamedTuple):
    """Functions over the rows that were not trained on, of each set of rows and labels.

    Attributes:
        rates: learning rates, (n_rates,).
        picked: how often networks that fit picked each completion, (n_sets, n_rates, k).
        fitting: share of networks that fit their set, (n_rates,).
        expected: rule -> probability of each completion, (n_sets, k).
        relabelled: the same by the first rule for the set with all labels turned, (n_sets, k).
    """

    rates: np.ndarray
    picked: np.ndarray
    fitting: np.ndarray
    expected: Mapping[str, np.ndarray]
    relabelled: np.ndarray

    def divergences(self) -> dict[str, np.ndarray]:
        """Rule -> divergence of what is picked from it, in bits, (n_sets, n_rates)."""
        return {rule: divergence(self.picked, p[:, None]) for rule, p in self.expected.items()}

    def agreement(self, expected: np.ndarray, rates: slice = slice(None)) -> float:
        """Spearman of the shares picked and those expected, (n_sets, k), mean over rates."""
        picked = np.moveaxis(self.picked[:, rates], 1, 0)
        return float(np.mean([spearman(each.ravel(), expected.ravel()) for each in picked]))


def picks(dataset: xarray.Dataset, rules: Mapping[str, np.ndarray]) -> Picks:
    """Sort trained networks by the function that they compute.

    Args:
        dataset: networks over function (with rows), learning_rate and seed.
        rules: name -> weight of each function, above 0, (2^(2^n),).
    """
    order = ("function", "learning_rate", "seed")
    finished = store.finished(dataset).transpose(*order).to_numpy()
    tables = computed(dataset.transpose(*order, ...))
    n_rows = tables.shape[-1]
    picked, fitting, relabelled = [], [], []
    expected: dict[str, list[np.ndarray]] = {rule: [] for rule in rules}
    first = next(iter(rules.values()))
    sets = zip(dataset["rows"].values, dataset["function"].values, strict=True)
    for at, (rows, function) in enumerate(sets):
        on, truth = bits(int(rows), n_rows), bits(int(function), n_rows)
        fits = finished[at] & (tables[at][..., on] == truth[on]).all(-1)
        every = completions(truth, on)
        numbers = tables[at] @ (1 << np.arange(n_rows))
        picked.append((fits[..., None] & (numbers[..., None] == every)).sum(1))
        fitting.append(fits.mean(1))
        for rule, weights in rules.items():
            expected[rule].append(weights[every] / weights[every].sum())
        turned = first[completions(~truth, on)]
        relabelled.append(turned / turned.sum())
    return Picks(
        dataset["learning_rate"].to_numpy().astype(float),
        np.array(picked),
        np.mean(fitting, axis=0),
        {rule: np.array(each) for rule, each in expected.items()},
        np.array(relabelled),
    )


def truth_tables(dataset: xarray.Dataset) -> np.ndarray:
    """Functions that finished members drew: row by row true or false, bool (draws, 2^n)."""
    finished = store.finished(dataset)
    words = dataset["functions"].transpose(*finished.dims, "draw", "word").to_numpy()
    words = np.ascontiguousarray(words[finished.to_numpy()].reshape(-1, words.shape[-1]), "<u4")
    bits = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little")
    return bits[:, : 2 ** dataset.sizes["feature"]].astype(bool)


def computed(dataset: xarray.Dataset) -> np.ndarray:
    """Truth tables of stored networks, bool (members..., 2^n).

    Raises:
        ArgumentError: some layer has no bias, which the kernel of `wide` has; one line.
    """
    h = boolean_inputs(dataset.sizes["feature"]).astype(float)
    n_layers, n_biases = (
        sum(str(name).startswith(part) for name in dataset) for part in ("weights.", "biases.")
    )
    if n_biases < n_layers:
        raise ArgumentError("model: expected bias=true and output_bias=true, as kernels have them")
    for layer in range(n_layers):
        W, b = (
            dataset[f"{name}.{layer}"].to_numpy().astype(float) for name in ("weights", "biases")
        )
        h = h @ W + b[..., None, :]
        h = np.maximum(h, 0) if layer < n_layers - 1 else h
    return h[..., 0] > 0


def wide(dataset: xarray.Dataset) -> np.ndarray:
    """Truth tables by the kernel of wide networks of the same depth and scales, (draws, 2^n)."""
    config, inputs = store.config_of(dataset), boolean_inputs(dataset.sizes["feature"])
    K = kernels.nngp(
        inputs=inputs,
        n_layers=config["model.n_layers"],
        weight_std=config["model.init.weight_std"],
        bias_std=config["model.init.bias_std"],
    )
    return kernels.draw(kernels.Gaussian(np.zeros(len(K)), K), N_KERNEL_DRAWS, seed=0) > 0


def counted(tables: np.ndarray) -> np.ndarray:
    """How often each function is among truth tables (draws, 2^n), (2^(2^n),).

    Half a draw more for each, so that none is impossible.
    """
    n_rows = tables.shape[1]
    return np.bincount(tables @ (1 << np.arange(n_rows)), minlength=2**n_rows) + 0.5


def bits(number: int, n: int) -> np.ndarray:
    """Bits of a number, the least first, bool (n,)."""
    return (number >> np.arange(n) & 1).astype(bool)


def completions(truth: np.ndarray, on: np.ndarray) -> np.ndarray:
    """Numbers of the functions that are as `truth` at the rows `on`, in order of the others."""
    free = np.flatnonzero(~on)
    base = int((truth & on) @ (1 << np.arange(len(on))))
    others = np.arange(2 ** len(free))
    return base + (others[:, None] >> np.arange(len(free)) & 1) @ (1 << free)


def divergence(counts: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """KL of what was counted from what is expected, in bits, over the last dimension; 0 of none."""
    p = counts / np.maximum(counts.sum(-1, keepdims=True), 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(p > 0, p * np.log2(p / expected), 0.0).sum(-1)


def floor(counts: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """The divergence that as many draws from what is expected have themselves, on average.

    Args:
        counts: (n_sets, n_rates, k).
        expected: (n_sets, k).

    Returns:
        In bits, (n_sets, n_rates).
    """
    rng = np.random.default_rng(0)
    rules = np.broadcast_to(expected[:, None], counts.shape)
    found = [
        divergence(rng.multinomial(int(n), p, size=N_FLOOR), p[None]).mean()
        for n, p in zip(counts.sum(-1).ravel(), rules.reshape(-1, rules.shape[-1]), strict=True)
    ]
    return np.reshape(found, counts.shape[:-1])


def spearman(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's rank correlation; nan where one does not vary or there are fewer than three."""
    return statistics.spearman(a, b) if len(a) >= 3 else np.nan


def ratio(a: float, b: float) -> float:
    """One number over another; nan over 0, as where no network has picked anything."""
    return float(a / b) if b else np.nan
