"""What the choice of a hidden basis does to training, against what another seed does.

From one start W and from several rotations W Q of it a model is trained on one stream of data. All
compute the same at the start, so whatever differs at the end is noise of the gauge.

That Adam aligns rows with the axes was expected, and is wrong here: its rows lie away from them,
with entries more equal in size than those of random directions.

Source: the comment of A. Jermyn on N. Soares 2022, K-complexity is silly; use cross-entropy
instead (LessWrong): gauge freedom makes an equivalence, and what is evolved should be its classes.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import xarray

from superpos import metrics
from superpos.app.claims.ledger import Row, Verdict, claims_of
from superpos.app.findings import Figure, Findings
from superpos.app.plots.figures import PALETTE, new_figure, save

LABELS = {"sgd": "SGD with momentum", "adam": "Adam", "row_adam": "row Adam"}
_claims_of = partial(
    claims_of,
    "gauge/noise",
    paper="Jermyn, comment on Soares 2022, K-complexity is silly; use cross-entropy instead",
    section="gauge freedom",
)
ROWS: tuple[Row, ...] = (
    ("sgd", "SGD does not see the basis: spread of the final Gram matrix over rotations of a start,"
     " as a share of its spread over seeds", "<=", 0, 1e-3),
    ("row_adam", "nor does Adam with one second moment for each row: the same share", "<=",
     0, 1e-3),
    ("adam", "Adam sees it: the same share", ">=", 0.01, 0),
    ("adam_dimensionality", "the basis alone moves the D_i of Adam by at least a tenth of what"
     " another seed does: ratio of the spreads", ">=", 0.1, 0),
    ("sgd_kurtosis", "rows of W have no preferred axes under SGD: mean kurtosis less that of random"
     " directions, in standard errors, in size", "<=", 0, 3),
    ("adam_kurtosis", "Adam aligns rows with the axes: the same, with its sign", ">=", 3, 0),
)  # fmt: skip
CLAIMS = _claims_of(
    ROWS,
    setting="n=20, m=5, p=0.1, importance 0.9^i, batch 128, 3,000 updates in float32, 6 seeds, the"
    " start of each in 6 bases (fewer than in a first run)",
)


class Spread(NamedTuple):
    """How much an optimiser's results vary.

    Attributes:
        gram: root mean square deviation of entries of the final Gram matrix, over bases within a
            seed, and over seeds.
        dimensionality: the same of D_i.
        by_seed: of the Gram matrix over bases, for each seed, (n_seeds,).
        kurtosis: mean over features and bases of the kurtosis of a row of W, for each seed.
    """

    gram: tuple[float, float]
    dimensionality: tuple[float, float]
    by_seed: np.ndarray
    kurtosis: np.ndarray


def analyse(*, datasets: Mapping[str, xarray.Dataset], folder: Path) -> Findings:
    """Judge the claims on the noise of the gauge, and draw it.

    Args:
        datasets: {"sgd": ..., "adam": ..., "row_adam": ...}, sweeps over the basis of the start
            (`draw`) and the seed.
        folder: where the figure goes.

    Returns:
        Verdicts and one figure.
    """
    weights = {name: weights_of(dataset) for name, dataset in datasets.items()}
    spreads = {name: spread_of(W) for name, W in weights.items()}
    _draw(folder / "noise.png", spreads, next(iter(weights.values())).shape[-1])
    figure = Figure(
        "noise.png",
        "Spread of the final Gram matrix over bases and over seeds, and kurtosis of rows of W.",
        "Left: how far the Gram matrices of runs from one start in several bases are from their"
        " mean, a dot a seed, and (line) how far those of several seeds are. Right: mean kurtosis"
        " of the rows of W, a dot a seed; dashed, that of random directions.",
    )
    return Findings(judge(spreads, next(iter(weights.values())).shape[-1]), [figure])


def weights_of(dataset: xarray.Dataset) -> np.ndarray:
    """Final W of all runs, (n_seeds, n_bases, n_features, n_hidden), float64."""
    ordered = dataset["W"].transpose("seed", "draw", "feature", "hidden")
    return ordered.to_numpy().astype(float)


def spread_of(W: np.ndarray) -> Spread:
    """Spreads of runs, W (n_seeds, n_bases, n_features, n_hidden)."""
    gram = W @ W.swapaxes(-1, -2)
    dimensionality = np.asarray(metrics.feature_dimensionality(jnp.asarray(W)), float)
    kurtosis = kurtosis_of(W).mean(axis=(1, 2))
    return Spread(
        _spreads(gram), _spreads(dimensionality), _deviation(gram, 1, (1, 2, 3)), kurtosis
    )


def kurtosis_of(W: np.ndarray) -> np.ndarray:
    """Mean fourth power of a row's entries over the squared mean square: 1 to n_hidden."""
    fourth, second = (W**4).mean(-1), (W**2).mean(-1)
    return fourth / np.where(second > 0, second, 1) ** 2


def judge(spreads: Mapping[str, Spread], n_hidden: int) -> list[Verdict]:
    """Verdicts on the spreads of the optimisers; undecided where nothing varies over seeds."""
    verdicts = []
    for name in ("sgd", "row_adam", "adam"):
        bases, seeds = spreads[name].gram
        note = f"over bases {bases:.2g}, over seeds {seeds:.2g}"
        verdicts.append(CLAIMS[name].judge(bases / seeds if seeds else None, note))
    bases, seeds = spreads["adam"].dimensionality
    verdicts.append(
        CLAIMS["adam_dimensionality"].judge(
            bases / seeds if seeds else None, f"over bases {bases:.2g}, over seeds {seeds:.2g}"
        )
    )
    for name in ("sgd", "adam"):
        kurtosis = spreads[name].kurtosis
        error = kurtosis.std(ddof=1) / np.sqrt(len(kurtosis)) if len(kurtosis) > 1 else 0.0
        excess = kurtosis.mean() - isotropic(n_hidden)
        excess = abs(excess) if name == "sgd" else excess
        note = f"mean {kurtosis.mean():.3f}, of random directions {isotropic(n_hidden):.3f}"
        note += "; in size, since a first run" if name == "sgd" else ""
        verdicts.append(CLAIMS[f"{name}_kurtosis"].judge(excess / error if error else None, note))
    return verdicts


def isotropic(n_hidden: int) -> float:
    """Expected kurtosis of a uniformly random direction."""
    return 3 * n_hidden / (n_hidden + 2)


def _deviation(values: np.ndarray, over: int, mean: tuple[int, ...]) -> np.ndarray:
    """Root mean square of what is left without the mean over an axis."""
    return np.sqrt(np.square(values - values.mean(over, keepdims=True)).mean(mean))


def _spreads(values: np.ndarray) -> tuple[float, float]:
    """Over bases within a seed, and over seeds in the first basis."""
    everything = tuple(range(values.ndim))
    over_seeds = _deviation(values[:, :1], 0, everything)
    return float(_deviation(values, 1, everything)), float(over_seeds)


def _draw(path: Path, spreads: Mapping[str, Spread], n_hidden: int) -> None:
    figure, (left, right) = new_figure(1, 2, width=9, height=3.4)
    for place, spread in enumerate(spreads.values()):
        colour = PALETTE[place]
        jitter = np.linspace(-0.12, 0.12, len(spread.by_seed))
        floor = np.maximum(spread.by_seed, 1e-9)
        left.plot(place + jitter, floor, "o", color=colour, markersize=4)
        left.plot([place - 0.3, place + 0.3], [spread.gram[1]] * 2, color="#333333", linewidth=1.5)
        right.plot(place + jitter, spread.kurtosis, "o", color=colour, markersize=4)
    left.set(yscale="log", ylabel="spread of the final W Wᵀ")
    right.axhline(isotropic(n_hidden), color="#333333", linestyle="dashed", linewidth=1)
    right.set_ylabel("kurtosis of rows of W")
    for axis in (left, right):
        axis.set_xticks(range(len(spreads)), [LABELS[name] for name in spreads])
        axis.set_xlim(-0.5, len(spreads) - 0.5)
    left.plot([], [], "o", color="#777777", label="over bases, for each seed")
    left.plot([], [], color="#333333", label="over seeds")
    left.legend(frameon=False, fontsize=8)
    save(figure, path)
