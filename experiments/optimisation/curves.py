"""Quality by compute, of every solver of a family, from what is stored.

Two numbers say where a solver stands. The inference elasticity, -d log r / d log F, is how fast
regret r falls with the operations F of steps on a problem: 0 where the answer is amortised. The
training elasticity is the same of the operations that were spent once, before any problem was met:
0 where every problem is solved anew.
"""

from collections.abc import Mapping
from typing import NamedTuple

import jax
import numpy as np
import xarray

from experiments.optimisation import programs
from experiments.optimisation.checks import check_steps
from experiments.optimisation.compute import (
    BACKWARD,
    counted,
    learned_flops,
    network_flops,
    rule_flops,
    update_flops,
)
from experiments.optimisation.exact import Reference, reference
from experiments.optimisation.families import FAMILIES, FamilyName
from experiments.optimisation.problems import held_out_problems
from experiments.optimisation.search import INPUTS
from experiments.optimisation.solvers import SOLVERS, costs, value_flops
from superpos.train import store

FLOOR = 1e-5
"""Relative regret below which float32 says nothing."""
N_RESAMPLES = 200
"""Of the bootstrap."""


class Curve(NamedTuple):
    """One solver, by what it spends.

    Attributes:
        flops: on one problem, (n_points,).
        evaluations: candidates whose value is computed, on one problem, (n_points,).
        regret: relative, (n_seeds, n_shifts, n_problems, n_points).
        power: optimisation power in bits, of the same shape; None where answers are not finitely
            many.
    """

    flops: np.ndarray
    evaluations: np.ndarray
    regret: np.ndarray
    power: np.ndarray | None = None

    @property
    def steps_flops(self) -> np.ndarray:
        """What is spent on steps alone, (n_points,)."""
        return self.flops - self.flops[0]

    def mean(self, shift: int = 0) -> np.ndarray:
        """Mean regret over seeds and problems, FLOOR at the least, (n_points,)."""
        return np.maximum(self.regret[:, shift].mean((0, 1)), FLOOR)

    def resampled(self, shift: int = 0) -> np.ndarray:
        """The same of seeds and problems drawn with replacement, (N_RESAMPLES, n_points)."""
        rng, found = np.random.default_rng(0), self.regret[:, shift]
        weights = (rng.multinomial(n, [1 / n] * n, N_RESAMPLES) / n for n in found.shape[:2])
        means = np.einsum("rs,rp,spk->rk", *weights, found, optimize=True)
        return np.maximum(means, FLOOR)


class Solvers(NamedTuple):
    """What is measured of a family.

    Attributes:
        shifts: names of the distributions of problems; the first is trained on.
        direct: by name, against the number of steps.
        networks: by name, against their width, without steps.
        hybrid: by name, the widest network and steps from its answer.
        program: the programs that were found, against the number of steps.
        trained: by name of a network, answers of the widest against the operations of its training.
        searched: the best program after 16 steps against the operations of the search.
        learned: a learned update rule, against the number of steps; None of cuts.
        learning: its answers after as many steps as it was trained through, against the operations
            of its training; None of cuts.
        shuffled: regret of a network whose best answers were those of other problems; None where
            there is none.
        programs_shuffled: regret of programs that were judged by other problems' objectives, after
            as many steps as in the search.
        texts: the programs, by seed.
        flops: what by name: operations counted by hand, and by XLA.
        n_steps: of a program in the search, and that a learned rule was trained through.
    """

    shifts: tuple[str, str, str]
    direct: dict[str, Curve]
    networks: dict[str, Curve]
    hybrid: dict[str, Curve]
    program: Curve
    trained: dict[str, Curve]
    searched: Curve
    learned: Curve | None
    learning: Curve | None
    shuffled: float | None
    programs_shuffled: float
    texts: list[str]
    flops: dict[str, tuple[float, float]]
    n_steps: int


def measure_family(family: FamilyName, datasets: Mapping[str, xarray.Dataset]) -> Solvers:
    """Regrets of all that is stored of a family.

    Args:
        family: of `experiments.optimisation.families`.
        datasets: {"direct": over seed, with direct solvers and programs; "solution", "objective":
            over model.width and seed, in the first also with model.shuffled; "update": over seed,
            where there is one}.

    Raises:
        ArgumentError: solvers took too few steps to be compared; one line.
    """
    config, n_steps = store.config_of(datasets["direct"]), most_steps(datasets["direct"])
    check_steps(family, datasets, n_steps)
    n_features, n_held_out = (
        int(config[f"data.data.{key}"]) for key in ("n_features", "n_held_out")
    )
    make = jax.jit(held_out_problems, static_argnums=(0, 1, 2))
    exact = reference(family, np.asarray(make(family, n_features, n_held_out)))
    reader = _Reader(family, n_features, exact)
    searched, program, texts = reader.programs(datasets["direct"].isel(control=0))
    wrong = reader.programs(datasets["direct"].isel(control=1))[1]
    taught, shuffled = by_shuffled(datasets["solution"])
    stored = {"solution": taught, "objective": datasets["objective"]}
    found = {name: reader.networks(each, name) for name, each in stored.items()}
    learned = reader.learned(datasets["update"]) if "update" in datasets else (None, None)
    untaught = None if shuffled is None else reader.networks(shuffled, "solution")[0]
    return Solvers(
        shifts=FAMILIES[family].shifts,
        direct=reader.direct(datasets["direct"]),
        networks={name: each[0] for name, each in found.items()},
        hybrid={name: each[1] for name, each in found.items()},
        program=program,
        trained={name: each[2] for name, each in found.items()},
        searched=searched,
        learned=learned[0],
        learning=learned[1],
        shuffled=None if untaught is None else float(untaught.mean()[-1]),
        programs_shuffled=float(wrong.mean()[n_steps.bit_length()]),
        texts=texts,
        flops=counted(family, n_features, int(config["model.n_hidden"])),
        n_steps=n_steps,
    )


def by_shuffled(dataset: xarray.Dataset) -> tuple[xarray.Dataset, xarray.Dataset | None]:
    """Networks by width that were taught best answers, and those taught answers of others."""
    wrong = dataset["shuffled"].to_numpy() > 0
    control = dataset.isel(width=wrong) if wrong.any() else None
    return dataset.isel(width=~wrong), control


class _Reader(NamedTuple):
    """Curves of what is stored of a family of problems of n_features numbers."""

    family: FamilyName
    n_features: int
    exact: Reference

    @property
    def n(self) -> int:
        return FAMILIES[self.family].n_unknowns(self.n_features)

    def curve(self, flops: np.ndarray, evaluations: np.ndarray, values: np.ndarray) -> Curve:
        """Of values (n_seeds, n_shifts x n_problems, n_points)."""
        shape = (len(values), len(FAMILIES[self.family].shifts), -1, values.shape[-1])
        power = None if self.exact.every is None else self.exact.power(values).reshape(shape)
        return Curve(flops, evaluations, self.exact.regret(values).reshape(shape), power)

    def direct(self, dataset: xarray.Dataset) -> dict[str, Curve]:
        """Of each direct solver."""
        found = {}
        for name in SOLVERS[self.family]:
            values = _values(dataset, f"{name}_values", ("problem", "budget"))
            t, cost = steps_of(values), costs(self.family, self.n_features)[name]
            found[name] = self.curve(cost.flops * t, cost.evaluations * t, values)
        return found

    def networks(self, dataset: xarray.Dataset, criterion: str) -> tuple[Curve, Curve, Curve]:
        """By width without steps; by steps of the widest; and by training of the widest."""
        widths = dataset["width"].to_numpy().astype(float)
        order = ("width", "step", "problem", "budget")
        values = _values(dataset, "refined_values", order)
        at_end, widest = values[:, :, -1], values[:, -1]
        forward = network_flops(self.n_features, widths, self.n)
        t, cost = steps_of(values), costs(self.family, self.n_features)[SOLVERS[self.family][0]]
        examples = dataset["step"].to_numpy() * float(store.config_of(dataset)["fit.batch_size"])
        each = update_flops(self.family, criterion, self.n_features, widths[-1])
        zeros = np.zeros(len(widths))
        return (
            self.curve(forward, zeros, np.moveaxis(at_end[..., 0], 1, -1)),
            self.curve(forward[-1] + cost.flops * t, cost.evaluations * t, widest[:, -1]),
            self.curve(examples * each, 0 * examples, np.moveaxis(widest[..., 0], 1, -1)),
        )

    def programs(self, dataset: xarray.Dataset) -> tuple[Curve, Curve, list[str]]:
        """By generations after the steps of the search; by steps; and what was found."""
        names = INPUTS[self.family]
        values = _values(dataset, "program_values", ("generation", "problem", "budget"))
        genes = _values(dataset, "program", ("generation", "node", "gene")).astype(int)
        taken = _values(dataset, "program_steps", ("generation",))[0]
        at = min(most_steps(dataset).bit_length(), values.shape[-1] - 1)
        costs_of = np.array([programs.flops(each[-1], len(names), self.n) for each in genes])
        each = rule_flops(self.family, float(costs_of.mean()), self.n_features)
        t = steps_of(values)
        move = 1 if self.family == "max_cut" else 0
        return (
            self.curve(taken * each, 0 * taken, np.moveaxis(values[..., at], 1, -1)),
            self.curve(each * t, move * t, values[:, -1]),
            [programs.written(each[-1], names) for each in genes],
        )

    def learned(self, dataset: xarray.Dataset) -> tuple[Curve, Curve]:
        """By steps; and by training, after as many steps as it was trained through."""
        config = store.config_of(dataset)
        through, n_hidden = int(config["model.n_steps"]), int(config["model.n_hidden"])
        values = _values(dataset, "unrolled_values", ("step", "problem", "budget"))
        step = learned_flops(self.family, self.n_features, n_hidden)
        examples = dataset["step"].to_numpy() * float(config["fit.batch_size"])
        each = through * BACKWARD * (step + value_flops(self.family, self.n_features))
        t, at = steps_of(values), through.bit_length()
        return (
            self.curve(step * t, 0 * t, values[:, -1]),
            self.curve(examples * each, 0 * examples, np.moveaxis(values[..., at], 1, -1)),
        )


def most_steps(dataset: xarray.Dataset) -> int:
    """The steps that a program was given in its search."""
    return int(dataset["most_steps"].to_numpy().flat[0])


def _values(dataset: xarray.Dataset, name: str, order: tuple[str, ...]) -> np.ndarray:
    """A result over seeds, one where there is no such axis, and its own dimensions, float64."""
    found = dataset[name]
    found = found if "seed" in found.dims else found.expand_dims("seed")
    return found.transpose("seed", *order).to_numpy().astype(float)


def steps_of(values: np.ndarray) -> np.ndarray:
    """0, 1, 2, 4, ... as many as there are values at."""
    return np.array([0, *(2.0 ** np.arange(values.shape[-1] - 1))])


def elasticity(flops: np.ndarray, regret: np.ndarray) -> float:
    """That of one curve, as of `elasticities`."""
    return float(elasticities(flops, regret))


def elasticities(flops: np.ndarray, regret: np.ndarray) -> np.ndarray:
    """-d log r / d log F by least squares, of the points that cost something and are above FLOOR.

    Args:
        flops: F, (n_points,).
        regret: r, (..., n_points).

    Returns:
        (...), nan of fewer than two points.
    """
    there = (flops > 0) & (regret > FLOOR) & np.isfinite(regret)
    x, y = (np.log(np.where(there, each, 1)) for each in (flops, regret))
    n = there.sum(-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        x = np.where(there, x - x.sum(-1, keepdims=True) / n, 0)
        return np.where(n[..., 0] > 1, -(x * y).sum(-1) / (x * x).sum(-1), np.nan)


def flops_to_reach(curve: Curve, regret: float) -> float:
    """What a curve spends to come down to a regret, between points on a log-log line; else inf."""
    found = curve.mean()
    below = np.flatnonzero(found <= regret)
    if not below.size:
        return np.inf
    at = below[0]
    if at == 0 or curve.flops[at - 1] == 0:
        return float(curve.flops[at])
    x, y = np.log(curve.flops[at - 1 : at + 1]), np.log(found[at - 1 : at + 1])
    return float(np.exp(np.interp(-np.log(regret), -y, x)))
