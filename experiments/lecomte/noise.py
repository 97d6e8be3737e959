"""Noise on the hidden layer that makes features sparse in the neurons, if it has the right shape.

Source: Lecomte et al. 2023, Incidental Polysemanticity (arXiv 2312.03096), "Noise-induced
polysemanticity": noise of negative excess kurtosis, such as ±σ, favours features in few neurons;
Gaussian noise, which has none, does not. Measured by ‖W_i‖₄⁴, which is 1 for a feature in one
neuron and about 3/m for one spread at random.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
import xarray

from superpos.app.claims.ledger import Claim, Verdict, settle
from superpos.app.findings import Figure, Findings
from superpos.app.plots.figures import PALETTE, new_figure, save
from superpos.train import store

BERNOULLI, GAUSSIAN = "bernoulli", "gaussian"
SPREAD = 3.0
"""‖W_i‖₄⁴ of a unit vector that is spread at random over m neurons is this over m."""
TRIED = "first compared with a tenth of the run, by which much of the rise is over: 0.15 at 100,000"
"""On how the rise is measured."""

_claim = partial(
    Claim,
    paper="Lecomte et al. 2023, Incidental Polysemanticity",
    section="Noise-induced polysemanticity",
    setting="n=8, m=16, SGD of learning rate 0.02, 100,000 steps, σ = 0.07, 0.1, 0.15, 5 instances",
)
RISES = _claim(
    id="lecomte/noise/bernoulli_rises",
    statement="with ±σ noise the mean ‖W_i‖₄⁴ rises towards 1; its end at the largest σ, as a part"
    " of the way from the 3/m of a feature that is spread at random",
    relation=">=",
    claimed=0.5,
    tolerance=0,
)
STAYS = _claim(
    id="lecomte/noise/gaussian_stays",
    statement="with Gaussian noise it does not; the largest such part over σ",
    relation="<=",
    claimed=0,
    tolerance=0.1,
)
FASTER = _claim(
    id="lecomte/noise/faster",
    statement="with ±σ noise it is the larger, the larger σ, in the mean over the run; least"
    " increase from one σ to the next",
    relation=">=",
    claimed=0,
    tolerance=0,
)


def analyse(*, datasets: Mapping[str, xarray.Dataset], folder: Path) -> Findings:
    """Judge the claims on two kinds of noise and draw how features change.

    Args:
        datasets: {"bernoulli" and "gaussian": sweeps over noise_scale and seed, whose parameters
            are kept}.
        folder: where the figure goes.

    Returns:
        Verdicts and one figure.
    """
    found = {name: concentration(datasets[name]) for name in (BERNOULLI, GAUSSIAN)}
    sigma = datasets[BERNOULLI]["noise_scale"].to_numpy()
    _draw(folder / "noise.png", found, sigma, datasets[BERNOULLI]["step"].to_numpy())
    alt = "Mean fourth power of weights over training, rising with plus-minus noise only."
    caption = (
        "Mean over features and instances of ‖W_i‖₄⁴ over training, for noise of ±σ and Gaussian"
        " noise of standard deviation σ on the hidden layer."
    )
    m = datasets[BERNOULLI].sizes["hidden"]
    verdicts = judge(found[BERNOULLI], found[GAUSSIAN], m)
    known = [datasets[name]["fragile"] for name in found if "fragile" in datasets[name]]
    fragile = xarray.concat(known, "noise") if known else None
    return Findings(settle(verdicts, fragile), [Figure("noise.png", alt, caption)])


def concentration(dataset: xarray.Dataset) -> np.ndarray:
    """Mean ‖W_i‖₄⁴ over features and finished instances, (noise scales, steps); nan for none."""
    W = dataset["W_path"].where(store.finished(dataset))
    powers = (W.astype(float) ** 4).sum("hidden", skipna=False)
    return powers.mean(("feature", "seed")).transpose("noise_scale", "step").to_numpy()


def judge(bernoulli: np.ndarray, gaussian: np.ndarray, m: int) -> list[Verdict]:
    """Verdicts on mean ‖W_i‖₄⁴, each (noise scales from small to large, steps), of m neurons."""
    increase = np.diff(bernoulli.mean(-1))
    shown = ", ".join(f"{value:.3g}" for value in bernoulli[:, -1])
    other = ", ".join(f"{value:.3g}" for value in gaussian[:, -1])
    return [
        RISES.judge(_rise(bernoulli, m)[-1], f"at the end {shown}; {TRIED}"),
        STAYS.judge(_rise(gaussian, m).max(), f"at the end {other}"),
        FASTER.judge(increase.min() if increase.size else None),
    ]


def _rise(values: np.ndarray, m: int) -> np.ndarray:
    """The part of the way from spread over m neurons to one neuron at the end, (noise scales,)."""
    return (values[:, -1] - SPREAD / m) / (1 - SPREAD / m)


def _draw(
    path: Path, found: Mapping[str, np.ndarray], sigma: np.ndarray, steps: np.ndarray
) -> None:
    figure, axes = new_figure(1, 2, width=9, height=3.6, sharey=True)
    for axis, (name, values) in zip(axes, found.items(), strict=True):
        for line, scale, colour in zip(values, sigma, PALETTE, strict=False):
            axis.plot(steps, line, color=colour, label=f"σ = {scale:.3g}")
        title = "noise of ±σ" if name == BERNOULLI else "Gaussian noise"
        axis.set(xlabel="updates", title=title, ylim=(0, 1.05))
    axes[0].set_ylabel("mean ‖Wᵢ‖₄⁴")
    axes[0].legend(frameon=False)
    save(figure, path)
