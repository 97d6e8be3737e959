"""Dynamics of labels: which updates take classes of equivalent models to classes.

A label of a class has a dynamics of its own exactly where equivalent starts stay equivalent. That
is a check of the update, not of a configuration: optimisers are followed in float64 from stored
starts, moved by the symmetries of the model, for some hundred updates. For stochastic gradient
descent of a tied model the label is G = W Wᵀ, and can be trained in place of W.

Source: the comment of A. Jermyn on N. Soares 2022, K-complexity is silly; use cross-entropy instead
(LessWrong). Two things came out otherwise than was expected. The rule of G is exact, yet alone it
is unstable: whatever rounding adds to the rank grows wherever another hidden dimension would lower
the loss, until G is no Gram matrix; truncating the rank now and then takes that away. And Muon
keeps to rotations of an untied bottleneck only for some hundred updates: from then on rounding
grows exponentially. At a tenth of the learning rate it did not within 400 updates.
"""

from collections.abc import Mapping
from pathlib import Path

import xarray

from experiments.gauge import charges, equivariance, label_space, speed
from experiments.gauge.dynamics_claims import (
    N_FEATURES,
    WIDTHS,
    judge_charges,
    judge_labels,
    judge_speed,
    judge_table,
)
from experiments.gauge.dynamics_figure import draw_labels, draw_table
from superpos.app.findings import Figure, Findings
from superpos.train import store


def analyse(*, datasets: Mapping[str, xarray.Dataset], folder: Path) -> Findings:
    """Judge the claims on dynamics of labels, and draw them.

    Args:
        datasets: "<model>_start" and "<model>_<family>", as `equivariance.measure` takes them;
            "weights", "label", "rule" and so on, as `label_space.follow` does; "naive"; "tied", the
            tied model trained by SGD with momentum in float32; "linear_charge" and "relu_charge".
            Of seeds the first is used.
        folder: where the figures go.

    Returns:
        Verdicts and two figures: optimiser by group, and W against its label.
    """
    tied = datasets["tied"]
    table = equivariance.measure(datasets)
    followed = label_space.follow(datasets)
    naive = label_space.naive_path(datasets["naive"])
    ratio = label_space.loss_ratio(datasets["label"], tied)
    recovered = max(
        label_space.recovered(G, followed.ends[way]) for way, G in followed.gram.items()
    )
    ranks = max(map(label_space.rank_of, followed.gram.values())), label_space.rank_of(naive[-1])
    drifts = [
        charges.drifts(datasets[f"{name}_start"], datasets[f"{name}_charge"])
        for name in ("linear", "relu")
    ]
    times = speed.timings(N_FEATURES, WIDTHS, store.config_of(tied)["fit.batch_size"])
    draw_table(folder / "table.png", table)
    draw_labels(folder / "labels.png", followed, times, drifts)
    verdicts = [
        *judge_table(table),
        *judge_labels(followed, ratio, recovered, ranks, label_space.least_eigenvalue(naive)),
        *judge_speed(*times),
        *judge_charges(*drifts),
    ]
    return Findings(verdicts, _figures())


def _figures() -> list[Figure]:
    return [
        Figure(
            "table.png",
            "Table of optimisers by groups with the difference of labels, and the difference over"
            " updates for some.",
            "Left: how far equivalent starts are from being equivalent after 200 updates on the"
            " same data, as a power of ten; blue is rounding. Right: the same after each update.",
        ),
        Figure(
            "labels.png",
            "Difference of W Wᵀ and G over updates, time of an update by width, drift of charges by"
            " learning rate.",
            "Left: with momentum, largest difference of an entry of the Gram matrix from that of W"
            " in float64. Middle: time of an update of W and of G at 40 features. Right: drift of"
            " the charge in 50 updates; dashed, the square of the learning rate.",
        ),
    ]
