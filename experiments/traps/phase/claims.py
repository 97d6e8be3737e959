"""What is claimed of the phase diagram."""

import numpy as np

from experiments.traps import theory
from experiments.traps.phase.measure import Phase, Phases, boundary
from superpos.app.claims.ledger import Origin, Verdict, claims_of, settle

LOW, HIGH, BONUS = 0.2, 0.8, 0.5
"""Occupancies, and the bonus of E, at which the paper looks."""
SHARED, APART = 0.99, 0.01
"""Overlaps of a pair that shares a direction, and of one that does not."""
NEAR = 0.005
"""Of the least loss: how near a start that finds it comes."""
RANGES = "first at 0.2 and at 0.8 alone, as in the paper: 1"
ALL = "first the median over all occupancies, which was 0.0005: most of these have overlaps 0 and 1"
"""On claims that were restated after a run was seen."""
CLAIMS = claims_of(
    "traps/phase",
    (
        ("value", "the best loss at each occupancy is the closed form; largest excess", "<=", 0,
         0.002),
        ("half", "the best loss at occupancy 1/2 is 7/16", "=", 0.4375, 0.002),
        ("lower", "features 1 and 2 share a direction up to occupancy (3-√5)/2; the occupancy at"
         " which g12 - g23 falls through 0.95", "=", theory.LOWER, 0.01),
        ("upper", "features 2 and 3 share one from (√5-1)/2 on; the occupancy at which g23 - g12"
         " rises through 0.95", "=", theory.UPPER, 0.01),
        ("overlaps", "overlaps of the best model are those of the closed form; largest deviation of"
         " three, median over the occupancies between both boundaries", "<=", 0, 0.02),
        ("collision", "the pair that is on more rarely shares a direction, and no other does, at"
         " occupancies up to 0.2 and from 0.8 on; the lesser share of the starts", ">=", 0.95, 0),
        ("reversal", "at occupancies up to 0.2 action E is worth less than S though it has a bonus"
         " of 0.5; share of the starts", ">=", 0.95, 0),
        ("starts", "one start is enough, as there are no other minima: share of all starts that"
         " come within 0.005 of the least loss (the paper: within 1e-8, on 4,096 fixed examples)",
         ">=", 0.9975, 0.01),
        ("room", "control: in three dimensions no pair overlaps, at occupancies from 0.2 to 0.8;"
         " share of the starts", ">=", 0.95, 0),
        ("random", "control: random directions lose 1 whatever the occupancy; largest deviation of"
         " their mean loss", "<=", 0, 0.01),
    ),
    paper="Shi et al. 2026, Self-Confirming Superposition Traps in Reinforcement Learning",
    section="the solved model of three features, and its check by gradient descent",
    setting="three features of unit length in two dimensions, tied and linear, 45 occupancies, 16"
    " starts each, Adam on fresh batches of 256",
    origin=Origin("theory", "before"),
    but={
        **dict.fromkeys(("collision", "reversal"), Origin("paper", "after", RANGES)),
        "overlaps": Origin("paper", "after", ALL),
        "starts": Origin("paper_number", "before"),
        "room": Origin("control", "before"),
        "random": Origin("control", "before", identity=True),
    },
)  # fmt: skip


def judge(measured: Phases) -> list[Verdict]:
    """Verdicts; those on occupancies that are not there are not run."""
    flat, p = measured.flat, measured.flat.occupancy
    excess = theory.excess_of_e(flat.best)
    losses = theory.loss_of(flat.best, p)
    half = np.isclose(p, 0.5, atol=1e-6)
    between = (p > theory.LOWER) & (p < theory.UPPER)
    off = np.abs(flat.best - theory.best_overlaps(p)).max(-1)[between]
    whole = len(p) > 2
    verdicts = [
        CLAIMS["value"].judge((losses - theory.least_loss(p)).max()),
        CLAIMS["half"].judge(losses[half].mean() if half.any() else None),
        CLAIMS["lower"].judge(boundary(p, excess) if whole else None),
        CLAIMS["upper"].judge(1 - boundary(1 - p[::-1], -excess[::-1]) if whole else None),
        CLAIMS["overlaps"].judge(
            np.median(off) if off.size else None, f"largest {off.max():.3f}" if off.size else ""
        ),
        CLAIMS["collision"].judge(*collisions(flat)),
        CLAIMS["reversal"].judge(reversals(flat)),
        CLAIMS["starts"].judge(found(flat)),
    ]
    return [
        *settle(verdicts, flat.fragile),
        CLAIMS["room"].judge(apart(measured.room)),
        CLAIMS["random"].judge(np.abs(measured.random - 1).max()),
    ]


def collisions(phase: Phase) -> tuple[float | None, str]:
    """The lesser share of starts in which the rare pair alone shares a direction, and both."""
    shares = []
    for low, high, rare in ((0.0, LOW, 0), (HIGH, 1.0, 2)):
        overlaps = phase.starts(low, high)
        if overlaps is None:
            return None, ""
        others = np.delete(overlaps, rare, axis=-1)
        shares.append(float(((overlaps[:, rare] > SHARED) & (others < APART).all(-1)).mean()))
    return min(shares), f"{shares[0]:.3f} where E is rare, {shares[1]:.3f} where S is"


def reversals(phase: Phase) -> float | None:
    """The share of starts after which E is worth less than S, with its bonus."""
    overlaps = phase.starts(0.0, LOW)
    return None if overlaps is None else float((theory.excess_of_e(overlaps) > BONUS).mean())


def found(phase: Phase) -> float:
    """The share of starts, of all occupancies, that find the least loss; an unfinished one not."""
    p = phase.occupancy[:, None]
    return float((theory.loss_of(phase.overlaps, p) - theory.least_loss(p) <= NEAR).mean())


def apart(phase: Phase) -> float | None:
    """The share of starts in which no pair overlaps, at the occupancies between LOW and HIGH."""
    overlaps = phase.starts(LOW, HIGH)
    return None if overlaps is None else float((overlaps < APART).all(-1).mean())
