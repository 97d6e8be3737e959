"""What is claimed of agents that learn by PPO."""

from dataclasses import replace

import numpy as np

from experiments.statistics import wilson
from experiments.traps.ppo.measure import Agents, Arm
from superpos.app.claims.ledger import Origin, Verdict, claims_of

COMPETENT = 1.1
"""Of the error that two dimensions can have: at most this, where an agent has learned a branch."""
LOWER = "lower end of its 95 % Wilson interval"
AGAIN = "so, too, in a first run, of 24 agents each, 1,600 updates and a constant learning rate"
POWER = "first 22 of 24 agents, which has a lower end of 0.74; now more agents, for the power"
LEARNED = (
    "first 0 of the trapped, after 1,600 updates at a constant rate; then 22 of 38 and 15 of 40"
    " with a falling one, on 512 episodes that all agents shared, of which none passes on 16,384:"
    " errors are 1.12 to 1.17 times that of the code, after a tenth of the paper's episodes"
)
"""On the size of the run, which was changed after a first one."""
CLAIMS = claims_of(
    "traps/ppo",
    (
        ("trapped", "agents with two dimensions that start with a preference of 0.05 for E end"
         f" below 1/2: share, {LOWER}", ">=", 0.8, 0),
        ("escaped", "agents with two dimensions that start with a preference of 0.9 end above 1/2:"
         f" share, {LOWER}", ">=", 0.8, 0),
        ("crosstalk", "features 1 and 2 mix more than 2 and 3 in trapped agents, and less in those"
         f" that stay with E: lesser share, {LOWER}", ">=", 0.5, 0),
        ("reversal", "E pays trapped agents less than S in spite of its bonus, and those that stay"
         f" with E more: lesser share, {LOWER}", ">=", 0.5, 0),
        ("competent", "agents have learned the branch that they take: share whose error there is at"
         " most 1.1 times that of a code of two dimensions, the lesser of trapped agents and those"
         f" that stay with E, {LOWER}", ">=", 0.8, 0),
        ("stable", "occupancies no longer change: largest range over the last quarter of training",
         "<=", 0.1, 0),
        ("share", "share of trapped agents among those with two dimensions and a low start", "=",
         0.96, 0.08),
        ("capacity", "agents of full rank with a low start earn more than those with two"
         " dimensions: difference of the means", "=", 0.225, 0.05),
        ("start", "agents with two dimensions earn more from a high start than from a low one:"
         " difference of the means", "=", 0.131, 0.05),
        ("interaction", "rank is worth more from a low start than from a high one: difference of"
         " both differences", "=", 0.133, 0.05),
        ("room", "control: no agent of full rank is trapped, from either start; larger share", "<=",
         0, 0.01),
        ("clipped", "control: the loss is clipped, so that it is PPO which learns: mean share of"
         " steps", ">=", 0.001, 0),
    ),
    paper="Shi et al. 2026, Self-Confirming Superposition Traps in Reinforcement Learning",
    section="the PPO cohort (64 units, 400 draws of 2,048 episodes, 4 epochs of minibatches of 512,"
    " learning rate 3e-4, 100 agents each)",
    setting="",
    origin=Origin("paper", "after", AGAIN),
    but={
        "trapped": Origin("paper", "after", POWER),
        "competent": Origin("paper", "after", LEARNED),
        **dict.fromkeys(
            ("share", "capacity", "start", "interaction"), Origin("paper_number", "after", AGAIN)
        ),
        **dict.fromkeys(("room", "clipped"), Origin("control", "after", AGAIN)),
    },
)  # fmt: skip


def judge(measured: Agents) -> list[Verdict]:
    """Verdicts; those on kinds of agents of which there are none are not run."""
    of = {key: replace(claim, setting=measured.setting) for key, claim in CLAIMS.items()}
    low, high = measured.narrow_low, measured.narrow_high
    trapped, staying = where(low, low.trapped), where(high, ~high.trapped)
    both = (trapped, staying)
    mixes = (_mixes(trapped), -_mixes(staying))
    learned = [
        measured.errors(arm)[:, branch] <= COMPETENT * measured.two_dimensions_error
        for branch, arm in enumerate(both)
    ]
    arms = (low, high, measured.wide_low, measured.wide_high)
    wide = [arm.trapped.mean() for arm in arms[2:] if len(arm.trapped)]
    capacity = _difference(measured.wide_low, low)
    beside = _difference(measured.wide_high, high)
    clipped = np.concatenate([arm.clip_fraction for arm in arms])
    return [
        of["trapped"].judge(*at_least(low.trapped)),
        of["escaped"].judge(*at_least(~high.trapped)),
        of["crosstalk"].judge(*lesser(*(each > 0 for each in mixes))),
        of["reversal"].judge(*lesser(trapped.gap < 0, staying.gap > 0)),
        of["competent"].judge(*lesser(*learned)),
        of["stable"].judge(max((arm.drift.max() for arm in arms if len(arm.drift)), default=None)),
        of["share"].judge(low.trapped.mean() if len(low.trapped) else None),
        of["capacity"].judge(capacity),
        of["start"].judge(_difference(high, low)),
        of["interaction"].judge(
            None if capacity is None or beside is None else capacity - beside,
            "" if beside is None else f"from a high start rank is worth {beside:.3f}",
        ),
        of["room"].judge(max(wide, default=None)),
        of["clipped"].judge(clipped.mean() if clipped.size else None),
    ]


def where(arm: Arm, chosen: np.ndarray) -> Arm:
    """Some agents of an arm, bool (n_agents,)."""
    rows = (arm.occupancy, arm.branch_return, arm.crosstalk, arm.clip_fraction)
    return Arm(arm.rank, arm.preference, *(each[chosen] for each in rows))


def at_least(held: np.ndarray) -> tuple[float | None, str]:
    """The lower end of the interval of a share, None of none, and the share in words."""
    if not held.size:
        return None, ""
    low, _ = wilson(np.array([held.sum()]), np.array([held.size]))
    return float(low[0]), f"{held.sum()} of {held.size}"


def lesser(first: np.ndarray, second: np.ndarray) -> tuple[float | None, str]:
    """The lesser of both lower ends, None where one is of none, and both shares in words."""
    (a, of_first), (b, of_second) = at_least(first), at_least(second)
    if a is None or b is None:
        return None, ""
    return min(a, b), f"{of_first} trapped, {of_second} that stay with E"


def _mixes(arm: Arm) -> np.ndarray:
    """How much more features 1 and 2 mix than features 2 and 3, (n_agents,)."""
    return arm.crosstalk[:, 0] - arm.crosstalk[:, 2]


def _difference(more: Arm, less: Arm) -> float | None:
    """How much more agents earn on average; None where there are none."""
    if not (more.earned.size and less.earned.size):
        return None
    return float(more.earned.mean() - less.earned.mean())
