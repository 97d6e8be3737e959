"""What is claimed of cross-talk and its floor."""

import numpy as np

from experiments.saes.readout_floor.measure import LINEAR, RELU, Measured
from superpos.app.claims.ledger import Origin, Verdict, claims_of

SOLVED = 0.01
"""A ReLU solves what a linear model cannot where its loss is that part of the other's."""

CLAIMS = claims_of(
    "saes/readout_floor",
    (
        ("floor", "no read-out has less cross-talk than (F/d - 1)/(F - 1); least ratio to it",
         ">=", 1, 1e-4),
        ("tight", "tight frames of unit vectors meet it; largest distance of their ratio from 1",
         "<=", 0, 1e-4),
    ),
    paper="arXiv 2605.01192",
    section="the floor of linear read-outs",
    setting="(F, d) = (40, 10), (400, 30), (1024, 48)",
    origin=Origin("theory", "before", identity=True),
) | claims_of(
    "saes/readout_floor",
    (
        ("linear", "a trained linear autoencoder is above it by d/(d - 2), as a projection that is"
         " random; largest relative distance from that over sizes", "<=", 0, 0.1),
        ("linear_loss", "a trained linear autoencoder ends at the least loss there is, 1 - d/F;"
         " largest relative distance",
         "<=", 0, 0.01),
    ),
    paper="our own",
    section="-",
    setting="features one at a time, gradient descent, seeds 10, 3 and 1",
    origin=Origin("theory", "before"),
) | claims_of(
    "saes/readout_floor",
    (
        ("relu_solves", "with a ReLU and a bias all features are read nearly without error; largest"
         " loss as part of the linear model's", "<=", SOLVED, 0),
        ("relu_above", "while their linear cross-talk stays above the floor, which binds a linear"
         " read-out alone; least ratio", ">=", 1.02, 0),
    ),
    paper="our own",
    section="-",
    setting="(40, 10) and (400, 30), features one at a time, Adam at 3e-3",
    origin=Origin("ours", "before"),
)  # fmt: skip


def judge(measured: Measured) -> list[Verdict]:
    """Verdicts on all sizes."""
    linear, relu = measured.of(LINEAR), measured.of(RELU)
    every = np.concatenate([each.ratio for each in measured.models.values()])
    off = [each.ratio.mean() / each.expected - 1 for each in linear]
    least = {each.n_features: 1 - each.n_hidden / each.n_features for each in linear}
    losses = [each.loss.mean() / least[each.n_features] - 1 for each in linear]
    solved = max(each.loss.mean() / least[each.n_features] for each in relu)
    listed = ", ".join(
        f"{each.kind} ({each.n_features}, {each.n_hidden}): {each.ratio.mean():.4f}"
        for each in measured.models.values()
    )
    return [
        CLAIMS["floor"].judge(every.min(), listed),
        CLAIMS["tight"].judge(max(abs(each - 1) for each in measured.frames.values())),
        CLAIMS["linear"].judge(np.abs(off).max()),
        CLAIMS["linear_loss"].judge(np.abs(losses).max()),
        CLAIMS["relu_solves"].judge(solved),
        CLAIMS["relu_above"].judge(
            min(each.ratio.min() for each in relu) if solved <= SOLVED else np.nan
        ),
    ]
