"""What is claimed of the allocation of capacity, and of the blocks."""

import numpy as np

from experiments.scherlis import theory
from experiments.scherlis.capacity.measure import Allocation
from superpos.app.claims.ledger import Claim, Origin, Verdict, claims_of, settle

NEGLIGIBLE = 0.01
"""Capacities within this of 0 or 1 count as 0 or 1."""
BY_NORM = "features of norm below 0.01 are left out of blocks, which was set after a first run"
"""On the blocks."""
PAPER = "Scherlis et al. 2022, Polysemanticity and Capacity in Neural Networks"


def claims(n: int, m: int) -> dict[str, Claim]:
    """The claims, for n features and m neurons."""
    setting = (
        f"n={n}, m={m}, v_i a geometric series, kurtosis from 2 to 32, best of several instances,"
        " trained on the expected loss"
    )
    return claims_of(
        "scherlis/capacity",
        (
            ("ordered", "capacity never rises as importance falls; largest rise", "<=", 0, 0.01),
            ("packed", "capacities add up to the number of neurons; largest deviation", "<=", 0,
             0.01),
            ("important", "the most important feature has capacity 1 at every kurtosis; least",
             ">=", 1, 0.01),
            ("unimportant", "the least important feature has capacity 0 at every kurtosis; largest",
             "<=", 0, 0.01),
            ("kurtosis", "the number of features with 0 < C < 1 is larger at the largest kurtosis"
             " than at the least, and never falls on the way; least change", ">=", 0, 0),
            ("exact", "capacities are those of the exact optimum (water-filling, derived here);"
             " largest deviation", "<=", 0, 0.02),
            ("loss", "the best loss is the exact optimum; largest relative excess", "<=", 0, 0.001),
        ),
        paper=PAPER,
        section="3, allocation of capacity",
        setting=setting,
        origin=Origin("paper", "before"),
        but={
            **dict.fromkeys(("exact", "loss"), Origin("theory", "before")),
            "kurtosis": Origin("paper", "after", "that it rises at all was added after a run"),
        },
    ) | claims_of(
        "scherlis/capacity",
        (
            ("between", "W is block-semi-orthogonal: clustered by |cos| > 0.1 there are several"
             " blocks; the largest |W_i·W_j| between them", "<=", 0, 0.01),
            ("within", "in each block the frame operator is a multiple of the identity: largest"
             " relative standard deviation of its eigenvalues", "<=", 0, 0.05),
            ("large_block", "blocks of the quadratic model are large: the features that share"
             " neurons form one; its share of them", "=", 1, 0),
        ),
        paper=PAPER,
        section="4, geometry of efficient packing",
        setting=setting,
        origin=Origin("paper", "after", BY_NORM),
    )  # fmt: skip


def judge(measured: Allocation) -> list[Verdict]:
    """Verdicts on the models; those on several kurtoses are not run with one."""
    n, m = measured.W.shape[1:]
    of, C, blocks = claims(n, m), measured.capacity, measured.blocks
    partly = (C > NEGLIGIBLE) & (C < 1 - NEGLIGIBLE)
    shared = partly.sum(-1)
    rises = np.diff(shared)
    losses = np.array(
        [theory.optimal_loss(measured.values, n_hidden=m, kurtosis=k) for k in measured.kurtosis]
    )
    gram = np.abs(measured.W @ np.swapaxes(measured.W, -1, -2))
    whole = blocks.all((-2, -1))
    # In the model with most features that share neurons: how many are in the block of each.
    most = int(shared.argmax())
    sizes = blocks[most][np.ix_(partly[most], partly[most])].sum(-1)
    verdicts = [
        of["ordered"].judge(np.diff(C, axis=-1).max()),
        of["packed"].judge(np.abs(C.sum(-1) - m).max()),
        of["important"].judge(C[:, 0].min()),
        of["unimportant"].judge(C[:, -1].max()),
        of["kurtosis"].judge(
            (rises.min() if rises.sum() > 0 else np.nan) if rises.size else None,
            f"counts {shared.tolist()}",
        ),
        of["exact"].judge(np.abs(C - measured.optimal_capacity).max()),
        of["loss"].judge((measured.loss / losses - 1).max()),
        of["between"].judge(np.nan if whole.any() else np.where(blocks, 0.0, gram).max()),
        of["within"].judge(measured.spread.max()),
        of["large_block"].judge(
            sizes.max() / shared[most] if shared[most] else None,
            f"{shared[most]} features share neurons at κ={measured.kurtosis[most]:.3g}",
        ),
    ]
    return settle(verdicts, measured.fragile)
