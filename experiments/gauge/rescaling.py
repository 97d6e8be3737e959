"""What the scales of hidden ReLU units do to training.

One network, its units scaled going in and scaled back going out, trained on one stream of data. All
compute the same at the start. The more the scales spread, the more they come to differ, except
under descent in the balanced gauge.

That large scales cost SGD loss was expected, and is wrong in a run as short as this one: at one
learning rate the loss of SGD falls further the more the scales spread.

Source: Neyshabur, Salakhutdinov & Srebro 2015, Path-SGD (arXiv 1506.02617), sections 2 and 3; the
comment of A. Jermyn on N. Soares 2022, K-complexity is silly; use cross-entropy instead.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import xarray

from superpos.app.claims.ledger import Row, Verdict, claims_of
from superpos.app.findings import Figure, Findings
from superpos.app.plots.figures import PALETTE, new_figure, save
from superpos.train import store

LABELS = {"sgd": "SGD", "adam": "Adam", "balanced": "SGD in the balanced gauge"}
AT = 1.0
"""The spread of the logarithms of the scales at which optimisers are compared."""
N_INPUTS = 2000
ROWS: tuple[Row, ...] = (
    ("sgd", "the function that SGD learns depends on the scales: its spread over draws of them at a"
     " log-normal spread of 1, as a share of the function", ">=", 0.01, 0),
    ("adam", "so does what Adam learns: the same", ">=", 0.01, 0),
    ("balanced", "what descent in the balanced gauge learns does not: the same", "<=", 0, 1e-3),
    ("sgd_grows", "under SGD it grows with the spread of the scales: share of steps of the spread"
     " at which it does", ">=", 1, 0),
    ("loss", "large scales cost SGD loss, the balanced gauge none: loss of SGD over that of the"
     " balanced gauge at a spread of 1", ">=", 1, 0),
)  # fmt: skip
CLAIMS = claims_of(
    "gauge/rescaling",
    ROWS,
    paper="Neyshabur et al. 2015, Path-SGD",
    section="2, 3",
    setting="n=10, 8 ReLU units, p=0.2, batch 128, 2,000 updates in float32, 6 draws of the scales"
    " for each of 3 seeds (fewer than in a first run)",
)


def analyse(*, datasets: Mapping[str, xarray.Dataset], folder: Path) -> Findings:
    """Judge the claims on scales of units, and draw them.

    Args:
        datasets: {"sgd": ..., "adam": ..., "balanced": ...}, sweeps over the spread of the scales
            (`spread`), the draw of them (`draw`) and the seed.
        folder: where the figure goes.

    Returns:
        Verdicts and one figure.
    """
    spreads = datasets["sgd"]["spread"].to_numpy()
    noise = {name: noise_of(dataset) for name, dataset in datasets.items()}
    losses = {name: final_loss(dataset) for name, dataset in datasets.items()}
    _draw(folder / "rescaling.png", spreads, noise, losses)
    figure = Figure(
        "rescaling.png",
        "Spread of the learned function and final loss against the spread of the scales of units.",
        "Left: how far the functions that are learned from one network with differently scaled"
        " units are from their mean, as a share of the function. Right: final loss. Bands: least"
        " and largest of the seeds.",
    )
    return Findings(judge(spreads, noise, losses), [figure])


def noise_of(dataset: xarray.Dataset) -> np.ndarray:
    """Spread of the learned function over draws as a share of it, (n_seeds, n_spreads)."""
    order = ("seed", "spread", "draw", ...)
    W_in, W_out, b = (
        dataset[name].transpose(*order).to_numpy().astype(float) for name in ("W_in", "W_out", "b")
    )
    density = store.config_of(dataset)["data.density"]
    outputs = outputs_of(W_in, W_out, b, common_inputs(dataset.sizes["feature"], density))
    left = np.square(outputs - outputs.mean(2, keepdims=True)).mean((2, 3, 4))
    return np.sqrt(left / np.square(outputs).mean((2, 3, 4)))


def common_inputs(n_features: int, density: float) -> np.ndarray:
    """Inputs at which functions are compared, as the models were trained on, (N_INPUTS, n)."""
    rng = np.random.default_rng(0)
    shape = (N_INPUTS, n_features)
    return rng.uniform(size=shape) * (rng.uniform(size=shape) < density)


def outputs_of(W_in: np.ndarray, W_out: np.ndarray, b: np.ndarray, x: np.ndarray) -> np.ndarray:
    """What networks return: matrices (..., n, m), b (..., n), x (batch, n) -> (..., batch, n)."""
    code = np.maximum(x @ W_in, 0)
    return np.maximum(code @ W_out.swapaxes(-1, -2) + b[..., None, :], 0)


def final_loss(dataset: xarray.Dataset) -> np.ndarray:
    """Mean final loss over draws, (n_seeds, n_spreads)."""
    last = dataset["loss"].isel(step=-1).mean("draw")
    return last.transpose("seed", "spread").to_numpy().astype(float)


def judge(
    spreads: np.ndarray, noise: Mapping[str, np.ndarray], losses: Mapping[str, np.ndarray]
) -> list[Verdict]:
    """Verdicts on noise and losses (n_seeds, n_spreads); undecided without the spread AT."""
    [places] = np.nonzero(np.isclose(spreads, AT))
    if not len(places):
        return [claim.judge(None) for claim in CLAIMS.values()]
    at = places[0]
    means = {name: values.mean(0) for name, values in noise.items()}
    verdicts = [CLAIMS[name].judge(means[name][at]) for name in ("sgd", "adam", "balanced")]
    steps = np.diff(means["sgd"]) > 0
    listed = ", ".join(f"{value:.3g}" for value in means["sgd"])
    verdicts.append(CLAIMS["sgd_grows"].judge(steps.mean() if len(steps) else None, listed))
    sgd, balanced = (losses[name].mean(0)[at] for name in ("sgd", "balanced"))
    verdicts.append(CLAIMS["loss"].judge(sgd / balanced, f"{sgd:.4g} and {balanced:.4g}"))
    return verdicts


def _draw(
    path: Path,
    spreads: np.ndarray,
    noise: Mapping[str, np.ndarray],
    losses: Mapping[str, np.ndarray],
) -> None:
    figure, (left, right) = new_figure(1, 2, width=9, height=3.4)
    for axis, series in ((left, noise), (right, losses)):
        for colour, (name, values) in zip(PALETTE, series.items(), strict=False):
            axis.plot(spreads, values.mean(0), "o-", color=colour, label=LABELS[name], markersize=4)
            axis.fill_between(
                spreads, values.min(0), values.max(0), color=colour, alpha=0.15, linewidth=0
            )
        axis.set_xlabel("spread of the logarithm of the scales")
    left.set(yscale="symlog", ylabel="spread of the function, relative")
    left.set_yscale("symlog", linthresh=1e-7)
    left.set_ylim(bottom=0)
    right.set_ylabel("final loss")
    left.legend(frameon=False, fontsize=8)
    save(figure, path)
