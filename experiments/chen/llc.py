"""Local learning coefficients of polygons, and where the posterior turns from one to another.

Source: Chen et al. 2023, Dynamical versus Bayesian Phase Transitions in a Toy Model of
Superposition (arXiv 2310.06301), the table of k-gons and the section on Bayesian transitions. The
values beside the theory's are those of arc-llc, a public re-implementation.

Chains sample with the population loss: the number of examples n enters by the inverse temperature
n / log n. An actual set of n examples would shift every loss of a chain and that of its polygon
alike, to first order. A step of length η inflates the estimate by about η/4 of the trace of the
Hessian over the number of parameters: 6 % at η = 0.1, 2 % at the 0.03 that is used.

The paper's estimates at n = 5000 are compared with chains as short as arc-llc's, 10,000 steps of
ε = 5e-5 in the notation of Lau et al. 2023, from their first draw on: longer ones drift further
along flat directions, and their estimates are higher.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import xarray

from experiments.chen import llc_claims as claims
from experiments.chen import theory
from experiments.chen.llc_figure import draw
from superpos.app.claims.ledger import Verdict
from superpos.app.findings import Figure, Findings
from superpos.metrics import local_learning_coefficient, share_below

LONG, SHORT = "long", "short"
"""The variants: chains for the learning coefficient itself, and those of the paper's length."""
BURN_IN = 0.25
"""Part of a long chain that is left out at its start."""
MOST_BELOW = 0.05
"""Chains with a larger share of draws below L(w*) are left out, as in the paper."""


class Estimate(NamedTuple):
    """The chains around one polygon at one temperature.

    Attributes:
        values: λ̂ of each chain, (chains,).
        kept: whether it stayed at its polygon, bool (chains,).
    """

    values: np.ndarray
    kept: np.ndarray

    @property
    def mean(self) -> float | None:
        """Mean over the chains that stayed; None where none did."""
        return float(self.values[self.kept].mean()) if self.kept.any() else None


Estimates = Mapping[tuple[str, float], Estimate]
"""(polygon, n) -> its chains."""


def analyse(*, datasets: Mapping[str, xarray.Dataset], folder: Path) -> Findings:
    """Judge the claims on critical points, learning coefficients and free energies.

    Args:
        datasets: {"long" and "short": chains over polygon, inverse temperature and seed}.
        folder: where the figure goes.

    Returns:
        Verdicts and one figure of the estimates.
    """
    found = estimate(datasets[LONG], BURN_IN)
    short = estimate(datasets[SHORT], 0.0)
    panels = {"n = 5,000, short chains": (short, claims.SMALL, claims.PRINTED)}
    panels |= {
        f"n = {n:,.0f}, long chains": (found, n, claims.MEASURED if n == claims.LARGE else {})
        for n in sizes(found)
    }
    draw(folder / "llc.png", panels)
    alt = "Estimated learning coefficients of pentagon and hexagon at two numbers of examples."
    caption = (
        "Estimate of each chain (dots; rings left their polygon and do not count) and mean of the"
        " others (bar), beside the theory (dashed) and the numbers of the paper or of arc-llc with"
        " one standard deviation (grey)."
    )
    return Findings([*judge_theory(), *judge(found, short)], [Figure("llc.png", alt, caption)])


def estimate(dataset: xarray.Dataset, burn_in: float) -> Estimates:
    """λ̂ of every chain from its stored losses, a part of which is left out."""
    dataset = dataset.transpose("vertices", "inverse_temperature", "seed", ...)
    losses = dataset["loss"].to_numpy().astype(float)
    losses = losses[..., int(burn_in * losses.shape[-1]) :]
    temperatures = dataset["inverse_temperature"].to_numpy().astype(float)
    found = {}
    for row, vertices, bias in zip(
        losses, dataset["vertices"].to_numpy(), dataset["other_bias"].to_numpy(), strict=True
    ):
        name = f"{int(vertices)}{'+' if bias > 0 else ''}"
        reference = jnp.full(row.shape[1], theory.level(name))
        for chains, temperature in zip(row, temperatures, strict=True):
            values = local_learning_coefficient(chains, reference, inverse_temperature=temperature)
            kept = np.asarray(share_below(chains, reference)) <= MOST_BELOW
            found[name, n_examples(temperature)] = Estimate(np.asarray(values, float), kept)
    return found


def sizes(found: Estimates) -> list[float]:
    """The n there are, from the smallest up."""
    return sorted({n for _, n in found})


def n_examples(inverse_temperature: float) -> float:
    """The n of nβ = n / log n, to four digits."""
    n = inverse_temperature
    for _ in range(100):
        n = inverse_temperature * np.log(n)
    return float(f"{n:.4g}")


def judge_theory() -> list[Verdict]:
    """Verdicts on what needs no chains."""
    points = {name: theory.critical_point(name) for name in claims.TABLE}
    norms = [
        np.sqrt(sum(np.sum(part**2) for part in theory.gradient(point.W, point.b)))
        for point in points.values()
    ]
    off = [abs(theory.level(name) - loss) for name, (_, _, loss) in claims.TABLE.items()]
    shapes = [
        max(abs(points[name].radius - radius), abs(points[name].bias - bias))
        for name, (radius, bias, _) in claims.TABLE.items()
    ]
    d_llc = theory.LLC["6"] - theory.LLC["5"]
    return [
        claims.GRADIENT.judge(max(norms)),
        claims.LOSSES.judge(max(off)),
        claims.SHAPES.judge(max(shapes)),
        claims.VESTIGIAL.judge(_slope_above_zero()),
        claims.CROSSING.judge(_crossing_at(d_llc, _d_constant())),
        claims.CROSSING_WITHOUT.judge(_crossing_at(d_llc, 0.0)),
    ]


def judge(found: Estimates, short: Estimates) -> list[Verdict]:
    """Verdicts on the chains; not run where a point or a temperature is missing."""
    verdicts = []
    for name, exact in theory.LLC.items():
        arc, spread = claims.MEASURED[name]
        at_large, ending = _note(found, name, claims.LARGE), name.replace("+", "plus")
        verdicts += [
            claims.of_chains(
                id=f"chen/llc/{key}_{ending}",
                statement=f"{name}-gon at n={claims.LARGE:g}: {text}",
                relation="=",
                claimed=claimed,
                tolerance=spread,
            ).judge(_mean(found, name, claims.LARGE), "; ".join([at_large, claims.STEP, *more]))
            for key, claimed, text, more in (
                ("theory", exact, "the learning coefficient is the theory's", [claims.ARC_SPREAD]),
                ("arc", arc, "and arc-llc's, within its deviation", []),
            )
        ]
        printed = claims.of_short(
            id=f"chen/llc/paper_{ending}",
            statement=f"{name}-gon at n={claims.SMALL:g}: the estimate is the paper's, within its"
            " deviation",
            relation="=",
            claimed=claims.PRINTED[name][0],
            tolerance=claims.PRINTED[name][1],
        )
        verdicts.append(
            printed.judge(_mean(short, name, claims.SMALL), _note_short(found, short, name))
        )
    excess = [
        large_n - small_n
        for name in theory.LLC
        if (large_n := _mean(found, name, claims.SMALL)) is not None
        and (small_n := _mean(found, name, claims.LARGE)) is not None
    ]
    pentagon, hexagon = _mean(found, "5", claims.LARGE), _mean(found, "6", claims.LARGE)
    crossing = (
        None
        if pentagon is None or hexagon is None
        else _crossing_at(hexagon - pentagon, _d_constant())
    )
    return [
        *verdicts,
        claims.OVERSHOOT.judge(min(excess) if len(excess) == len(theory.LLC) else None),
        claims.CROSSING_MEASURED.judge(crossing, claims.AFTER_PILOT),
    ]


def _crossing_at(d_llc: float, d_constant: float) -> float:
    d_loss = theory.level("6") - theory.level("5")
    return theory.crossing(d_loss=d_loss, d_llc=d_llc, d_constant=d_constant)


def _d_constant() -> float:
    return theory.half_norm("6") - theory.half_norm("5")


def _mean(found: Estimates, name: str, n: float) -> float | None:
    chains = found.get((name, n))
    return None if chains is None else chains.mean


def _slope_above_zero() -> float:
    """dL/db of the 5-gon's sixth feature, just above 0."""
    point = theory.critical_point("5")
    bias = np.array([*point.b[:-1], 1e-9])
    return float(theory.gradient(point.W, bias)[1][-1])


def _note_short(found: Estimates, short: Estimates, name: str) -> str:
    """On the chains that are compared with the paper's."""
    longer = _mean(found, name, claims.SMALL)
    first = "" if longer is None else f"first with the longer chains: {longer:.3g}"
    return "; ".join(
        part for part in (_note(short, name, claims.SMALL), first, claims.ON_DATA) if part
    )


def _note(found: Estimates, name: str, n: float) -> str:
    chains = found.get((name, n))
    return "" if chains is None else f"{chains.kept.sum()} of {chains.kept.size} chains stayed"
