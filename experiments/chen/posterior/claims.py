"""What is claimed of the posterior, and of the chains that sample it."""

from collections.abc import Mapping

import numpy as np

from experiments.chen.posterior.measure import Chains
from experiments.chen.posterior.odds import HEXAGON, PENTAGON, counted, expected_log_odds, log_odds
from superpos.app.claims.ledger import Origin, Verdict, claims_of

MIDDLE = 300
"""An n at which chains still pass, so that what is integrated can be compared with a count."""
AFTER_PILOT = "written after a pilot at n=200, 600 and 1500 that showed where chains pass"
LEADING_ORDER = (
    "601 is the leading order, without volumes, multiplicities and the bias of the sixth feature; a"
    " Laplace estimate with the population loss gives 261, and on data the pentagon leaves out the"
    " feature that is rarest there; the tolerance is twice the standard error that six data sets"
    " had in an independent computation, whose mean was 430 ± 54"
)
"""On a crossing that is elsewhere."""
WITH_DATA = (
    "tried: n ΔL_n of these six data sets at the optima of the population loss, over all features"
    " that a pentagon may leave out, in place of n ΔL; it gives a ratio of 0.91, and over data sets"
    " its log odds at n=400 correlate with those of the chains by 0.98; noise of batches heats"
    " hexagons by 2.6 % at B=1000 and takes 0.015 of the ratio, by an estimate"
)
"""On a slope that is less."""

PAPER = "Chen et al. 2023, Dynamical versus Bayesian Phase Transitions"
SETTING = (
    "r=2, c=6, n from 200 to 1000 examples of each of 6 data sets, normal prior, SGLD of 8,000"
    " steps and batches of 48, 4 chains from the 4, 5 and 6-gon"
)
CLAIMS = claims_of(
    "chen/posterior",
    (
        ("below", "at the smallest n the posterior is at a pentagon rather than a hexagon; share of"
         " pentagons among both", ">=", 0.5, 0),
        ("above", "at the largest n it is at a hexagon; share of hexagons among both", ">=", 0.5,
         0),
        ("crossing", "the posterior turns from pentagon to hexagon at n = 601; mean over data sets"
         " of the n at which their odds are even", "=", 601, 108),
        ("slope", "from n=300 to the largest n the log odds change as n ΔL + Δλ log n says; ratio",
         "=", 1, 0.1),
    ),
    paper=PAPER,
    section="Bayesian transitions",
    setting=SETTING,
    origin=Origin("paper", "after", AFTER_PILOT),
    but={
        "crossing": Origin("paper_number", "after", f"{LEADING_ORDER}; {AFTER_PILOT}"),
        "slope": Origin("paper", "after", f"{WITH_DATA}; {AFTER_PILOT}"),
    },
) | claims_of(
    "chen/posterior",
    (
        ("mixed", "where integration begins, chains have forgotten their start; largest difference"
         " of the share of hexagons between starts, over all n", "<=", 0, 0.1),
        ("agrees", "at n=300 the log odds that are integrated are those that are counted;"
         " difference", "=", 0, 0.5),
    ),
    paper=PAPER,
    section="ours: the sampler",
    setting=SETTING,
    origin=Origin("control", "before"),
    but={"mixed": Origin("control", "after", "what is compared was changed after a run")},
)  # fmt: skip


def judge(measured: Chains) -> list[Verdict]:
    """Verdicts on the chains; those that need an n that is not there are not run.

    Where chains did not meet a polygon, what is claimed of its odds has failed.
    """
    sizes = measured.sizes
    odds = {n: log_odds(measured, n) for n in sizes}
    by_data = np.array([odds[n] for n in sizes])
    means, turns = by_data.mean(-1), crossings(sizes, by_data)
    shown = ", ".join(f"n={n:.0f}: {odds[n].mean():.2f} ± {_error(odds[n]):.2f}" for n in sizes)
    lowest = [measured.ladder(n)[0] for n in sizes]
    mixed = share_by_start(measured, lowest)
    stuck = share_by_start(measured, [measured.ladder(sizes[-1])[-1]])
    slope = agrees = None
    if MIDDLE in odds and sizes[-1] > MIDDLE:
        change = odds[sizes[-1]].mean() - odds[MIDDLE].mean()
        slope = change / float(np.diff(expected_log_odds(np.array([MIDDLE, sizes[-1]])))[0])
    if MIDDLE in odds and (rows := measured.ladder(MIDDLE)).size > 1:
        agrees = odds[MIDDLE].mean() - counted(measured, rows[-1]).mean()
    return [
        CLAIMS["below"].judge(_sigmoid(-means[0])),
        CLAIMS["above"].judge(
            _sigmoid(means[-1]),
            f"chains do not mix there, shares as sampled by start: {_listed(stuck)}",
        ),
        CLAIMS["crossing"].judge(
            turns.mean() if turns.size else np.nan if len(sizes) > 1 else None,
            f"in {turns.size} of {by_data.shape[1]} data sets, standard error"
            f" {_error(turns):.3g}; log odds {shown}",
        ),
        CLAIMS["slope"].judge(slope),
        CLAIMS["mixed"].judge(
            max(mixed.values()) - min(mixed.values()),
            f"by start {_listed(mixed)}, at B={measured.B[lowest].max():.0f} and below",
        ),
        CLAIMS["agrees"].judge(agrees),
    ]


def share_by_start(chains: Chains, rows: list[int]) -> dict[int, float]:
    """Start -> share of hexagons among draws at a pentagon or a hexagon; 0 where there are none."""
    shares = {}
    for start in np.unique(chains.start):
        k = chains.k[rows][:, chains.start == start]
        both = np.isin(k, (PENTAGON, HEXAGON)).sum()
        shares[int(start)] = float((k == HEXAGON).sum() / max(1, both))
    return shares


def crossings(sizes: np.ndarray, odds: np.ndarray) -> np.ndarray:
    """The n at which the log odds of each data set rise through 0, of those whose do.

    Args:
        sizes: n, from the smallest up, (n_sizes,).
        odds: log odds, (n_sizes, data sets).
    """
    found = (crossing(sizes, each) for each in odds.T)
    return np.array([each for each in found if each is not None])


def crossing(sizes: np.ndarray, odds: np.ndarray) -> float | None:
    """The n at which log odds rise through 0, between neighbours; None where they do not.

    Args:
        sizes: n, from the smallest up, (n_sizes,).
        odds: log odds at each, (n_sizes,).
    """
    for at in np.flatnonzero((odds[:-1] < 0) & (odds[1:] >= 0)):
        part = -odds[at] / (odds[at + 1] - odds[at])
        return float(sizes[at] + part * (sizes[at + 1] - sizes[at]))
    return None


def _listed(shares: Mapping[int, float]) -> str:
    return ", ".join(f"{start}: {share:.2f}" for start, share in shares.items())


def _sigmoid(value: float) -> float:
    return float(1 / (1 + np.exp(-value)))


def _error(values: np.ndarray) -> float:
    """Standard error of a mean over data sets, (data sets,); nan for fewer than two."""
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else np.nan
