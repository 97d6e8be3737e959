"""How often the posterior of n examples is at a pentagon, and how often at a hexagon.

Source: Chen et al. 2023, Dynamical versus Bayesian Phase Transitions in a Toy Model of
Superposition (arXiv 2310.06301), section on Bayesian transitions: the posterior
exp(-n L_n(w) - ½‖w‖²) of actual data sets is sampled over n, and a draw is called by the number of
vertices of the convex hull of its features.

Langevin chains pass between polygons up to n of about 300, and not any more at 600. There the odds
come from the same data set at lower inverse temperatures B: where chains pass they are counted, and
from there on d log Z_k / dB = -E_k L_n, the mean loss of chains while they are at polygon k, is
integrated up to B = n (thermodynamic integration).
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xarray

from experiments.chen import theory
from experiments.chen.posterior_figure import draw
from superpos.app.claims.ledger import Claim, Verdict
from superpos.app.findings import Figure, Findings
from superpos.train import store

PENTAGON, HEXAGON = 5, 6
BURN_IN = 0.25
"""Part of a chain that is left out at its start."""
MIDDLE = 300
"""An n at which chains still pass, so that what is integrated can be compared with a count."""
AFTER_PILOT = "written after a pilot at n=200, 600 and 1500 that showed where chains pass"
TRIED = (
    "tried: half the step for twice as long (399); the theory leaves out how many pentagons and"
    " hexagons there are and the volumes around them"
)
"""On a crossing that is elsewhere."""

_claim = partial(
    Claim,
    paper="Chen et al. 2023, Dynamical versus Bayesian Phase Transitions",
    section="Bayesian transitions",
    setting="r=2, c=6, n from 200 to 1000 examples of each of 6 data sets, normal prior, SGLD of"
    " 8,000 steps and batches of 48, 4 chains from the 4, 5 and 6-gon",
)
BELOW = _claim(
    id="chen/posterior/below",
    statement="at the smallest n the posterior is at a pentagon rather than a hexagon; share of"
    " pentagons among both",
    relation=">=",
    claimed=0.5,
    tolerance=0,
)
ABOVE = _claim(
    id="chen/posterior/above",
    statement="at the largest n it is at a hexagon; share of hexagons among both",
    relation=">=",
    claimed=0.5,
    tolerance=0,
)
CROSSING = _claim(
    id="chen/posterior/crossing",
    statement="the posterior turns from pentagon to hexagon at n = 601, where their odds are even"
    " in the mean over data sets",
    relation="=",
    claimed=601,
    tolerance=100,
)
SLOPE = _claim(
    id="chen/posterior/slope",
    statement="from n=300 to the largest n the log odds change as n ΔL + Δλ log n says; ratio",
    relation="=",
    claimed=1,
    tolerance=0.1,
)
MIXED = _claim(
    id="chen/posterior/mixed",
    section="ours: the sampler",
    statement="where integration begins, chains have forgotten their start; largest difference of"
    " the share of hexagons between starts, over all n",
    relation="<=",
    claimed=0,
    tolerance=0.1,
)
AGREES = _claim(
    id="chen/posterior/agrees",
    section="ours: the sampler",
    statement="at n=300 the log odds that are integrated are those that are counted; difference",
    relation="=",
    claimed=0,
    tolerance=0.5,
)


class Chains(NamedTuple):
    """Draws after burn-in. A row is an n and an inverse temperature B <= n.

    Attributes:
        n: examples, (rows,).
        B: inverse temperature, (rows,).
        start: vertices where each chain began, (chains,).
        data: its data set, (chains,).
        k: vertices of the hull at each draw, (rows, chains, draws).
        before: the same one draw earlier.
        loss: mean L_n between the two draws, (rows, chains, draws).
    """

    n: np.ndarray
    B: np.ndarray
    start: np.ndarray
    data: np.ndarray
    k: np.ndarray
    before: np.ndarray
    loss: np.ndarray

    @property
    def sizes(self) -> np.ndarray:
        """The n there are, from the smallest up."""
        return np.unique(self.n)

    def ladder(self, n: float) -> np.ndarray:
        """Rows of one n, from the lowest inverse temperature up."""
        rows = np.flatnonzero(self.n == n)
        return rows[np.argsort(self.B[rows])]


def analyse(*, datasets: Mapping[str, xarray.Dataset], folder: Path) -> Findings:
    """Judge the claims on the posterior over polygons and draw it.

    Args:
        datasets: {"sweep": chains over fraction and inverse_temperature, zipped, and over seed,
            data_seed and vertices, zipped; with their parameters after each block}.
        folder: where the figure goes.

    Returns:
        Verdicts and one figure.
    """
    chains = measure(datasets["sweep"])
    draw(folder / "posterior.png", chains, {n: log_odds(chains, n) for n in chains.sizes}, expected)
    alt = "Share of pentagons and hexagons by start, and log odds of the hexagon, against n."
    caption = (
        "Left: share of draws at a hexagon among those at a pentagon or a hexagon, by the polygon"
        " where chains began: above n of about 300 they keep to it. Right: log odds of the hexagon,"
        " integrated from temperatures at which chains pass; dots are data sets, the line is their"
        " mean, and dashed is the theory."
    )
    return Findings(judge(chains), [Figure("posterior.png", alt, caption)])


def measure(dataset: xarray.Dataset) -> Chains:
    """The draws of the chains that finished."""
    dataset = dataset.transpose("fraction", "seed", "step", ...)
    finished = store.finished(dataset).all("fraction").to_numpy()
    k = vertices(dataset["W_path"].transpose(..., "feature", "hidden").to_numpy()[:, finished])
    n_samples = store.config_of(dataset)["data.n_samples"]
    first = max(1, int(BURN_IN * k.shape[-1]))
    return Chains(
        n=np.round(dataset["fraction"].to_numpy().astype(float) * n_samples),
        B=dataset["inverse_temperature"].to_numpy().astype(float),
        start=dataset["vertices"].to_numpy()[finished].astype(int),
        data=dataset["data_seed"].to_numpy()[finished].astype(int),
        k=k[..., first:],
        before=k[..., first - 1 : -1],
        loss=dataset["train_loss"].to_numpy()[:, finished, first:].astype(float),
    )


def vertices(W: np.ndarray) -> np.ndarray:
    """How many features are vertices of the convex hull of all: W (..., n, 2) -> (...).

    A point is one when all others lie within less than half a turn as seen from it.
    """
    n = W.shape[-2]
    away = W[..., None, :, :] - W[..., :, None, :]
    angles = np.arctan2(away[..., 1], away[..., 0])[..., ~np.eye(n, dtype=bool)]
    angles = np.sort(angles.reshape(*W.shape[:-1], n - 1), axis=-1)
    gaps = np.diff(angles, axis=-1, append=angles[..., :1] + 2 * np.pi)
    return (gaps.max(-1) > np.pi).sum(-1)


def log_odds(chains: Chains, n: float) -> np.ndarray:
    """Log odds of the hexagon at one n for each data set, counted at the least B and integrated."""
    rows = chains.ladder(n)
    energies = np.array([energy(chains, row) for row in rows])
    steps = np.diff(chains.B[rows])[:, None]
    return counted(chains, rows[0]) - (steps * (energies[1:] + energies[:-1]) / 2).sum(0)


def counted(chains: Chains, row: int) -> np.ndarray:
    """Log odds of the hexagon for each data set by counting draws, with half a draw of each."""
    counts = [
        [np.sum(chains.k[row, chains.data == data] == k) + 0.5 for k in (HEXAGON, PENTAGON)]
        for data in np.unique(chains.data)
    ]
    return np.log(np.array(counts)) @ np.array([1.0, -1.0])


def energy(chains: Chains, row: int) -> np.ndarray:
    """Mean loss at a hexagon minus that at a pentagon for each data set.

    Blocks count that begin and end at the same polygon. A data set where one of them is not met has
    the mean of the others, or nan where there are none.
    """
    found = []
    for data in np.unique(chains.data):
        k, before, loss = (
            values[row, chains.data == data] for values in (chains.k, chains.before, chains.loss)
        )
        at = [loss[(k == kind) & (before == kind)] for kind in (HEXAGON, PENTAGON)]
        found.append(at[0].mean() - at[1].mean() if all(part.size for part in at) else np.nan)
    gaps = np.array(found)
    met = ~np.isnan(gaps)
    return np.where(met, gaps, gaps[met].mean()) if met.any() else gaps


def share_by_start(chains: Chains, rows: list[int]) -> dict[int, float]:
    """Start -> share of hexagons among draws at a pentagon or a hexagon; 0 where there are none."""
    shares = {}
    for start in np.unique(chains.start):
        k = chains.k[rows][:, chains.start == start]
        shares[int(start)] = float((k == HEXAGON).sum() / max(1, np.isin(k, (5, 6)).sum()))
    return shares


def expected(n: np.ndarray) -> np.ndarray:
    """Log odds of the hexagon by the free energies n L + λ log n + ½‖w*‖²."""
    five, six = "5", "6"
    d_loss = theory.level(six) - theory.level(five)
    d_norm = theory.half_norm(six) - theory.half_norm(five)
    return -(n * d_loss + (theory.LLC[six] - theory.LLC[five]) * np.log(n) + d_norm)


def judge(chains: Chains) -> list[Verdict]:
    """Verdicts on the chains; those that need an n that is not there are not run."""
    sizes = chains.sizes
    odds = {n: log_odds(chains, n) for n in sizes}
    means = np.array([odds[n].mean() for n in sizes])
    shown = ", ".join(f"n={n:.0f}: {odds[n].mean():.2f} ± {_error(odds[n]):.2f}" for n in sizes)
    lowest = [chains.ladder(n)[0] for n in sizes]
    mixed = share_by_start(chains, lowest)
    stuck = share_by_start(chains, [chains.ladder(sizes[-1])[-1]])
    slope = agrees = None
    if MIDDLE in odds and sizes[-1] > MIDDLE:
        change = odds[sizes[-1]].mean() - odds[MIDDLE].mean()
        slope = change / float(np.diff(expected(np.array([MIDDLE, sizes[-1]])))[0])
        row = chains.ladder(MIDDLE)[-1]
        agrees = odds[MIDDLE].mean() - counted(chains, row).mean()
    return [
        BELOW.judge(_known(_sigmoid(-means[0])), AFTER_PILOT),
        ABOVE.judge(
            _known(_sigmoid(means[-1])),
            f"chains do not mix there, shares as sampled by start: {_listed(stuck)}; {AFTER_PILOT}",
        ),
        CROSSING.judge(crossing(sizes, means), f"log odds {shown}; {TRIED}; {AFTER_PILOT}"),
        SLOPE.judge(_known(slope), AFTER_PILOT),
        MIXED.judge(
            max(mixed.values()) - min(mixed.values()),
            f"by start {_listed(mixed)}, at B={chains.B[lowest].max():.0f} and below; what is"
            " compared was changed after a run",
        ),
        AGREES.judge(_known(agrees)),
    ]


def crossing(sizes: np.ndarray, means: np.ndarray) -> float | None:
    """The n at which log odds rise through 0, between neighbours; None where they do not."""
    for at in np.flatnonzero((means[:-1] < 0) & (means[1:] >= 0)):
        part = -means[at] / (means[at + 1] - means[at])
        return float(sizes[at] + part * (sizes[at + 1] - sizes[at]))
    return None


def _listed(shares: Mapping[int, float]) -> str:
    return ", ".join(f"{start}: {share:.2f}" for start, share in shares.items())


def _sigmoid(value: float) -> float:
    return float(1 / (1 + np.exp(-value)))


def _known(value: float | None) -> float | None:
    """Nothing for what could not be measured."""
    return None if value is None or np.isnan(value) else float(value)


def _error(values: np.ndarray) -> float:
    """Standard error of a mean over data sets."""
    return float(values.std() / np.sqrt(max(1, len(values) - 1)))
