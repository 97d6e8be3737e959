"""Jumps in time series: where dimensionalities move fastest, and where a loss drops.

Source: Elhage et al. 2022, Toy Models of Superposition, "Superposition and Learning Dynamics"
("energy level" jumps); found here by the speed of a smoothed series.
"""

from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

Array = NDArray[np.float64]
START = 0.05
"""Share of a run that is left out: all features leave their random start there at once."""
LEAST_WAY = 0.1
"""A feature jumps when its dimensionality moves by at least this after the start."""
LEAST_DROP = 0.1
"""A drop of a loss is a peak of its speed at least this high relative to the highest."""


class Jump(NamedTuple):
    """The fastest move of one feature: its number, the block, and its share of the whole way."""

    feature: int
    block: int
    share: float


def speed(series: Array, *, signed: bool = False) -> Array:
    """Change per block of smoothed series (n_blocks, k), 0 at the start of the run."""
    length = len(series)
    window = max(5, 2 * (length // 50) + 1)
    rates = np.asarray(scipy.signal.savgol_filter(series, window, 2, deriv=1, axis=0))
    rates[: int(START * length)] = 0.0
    return rates if signed else np.abs(rates)


def jumps_of(series: Array) -> list[Jump]:
    """The jump of each series (n_blocks, k) that goes some way after the start.

    Its share is the part of its whole way, up and down, that falls in the fastest tenth of the run
    in one piece.
    """
    if len(series) < 10:
        return []
    rates = speed(series)
    width = max(1, len(series) // 10)
    ways = np.lib.stride_tricks.sliding_window_view(rates, width, axis=0).sum(-1)
    whole = rates.sum(0)
    return [
        Jump(index, int(rates[:, index].argmax()), float(ways[:, index].max() / whole[index]))
        for index in range(series.shape[1])
        if whole[index] >= LEAST_WAY
    ]


def highest_peak(rates: Array) -> int | None:
    """Block of the highest peak of a speed (n_blocks,); None where it only falls."""
    peaks = scipy.signal.find_peaks(rates[int(START * len(rates)) :])[0] + int(START * len(rates))
    return int(peaks[rates[peaks].argmax()]) if peaks.size else None


def drops(loss: Array) -> NDArray[np.intp]:
    """Blocks at which a loss (n_blocks,) drops fastest, each apart from the others.

    The start counts here, as the first drop is a stage like the others. Stages are long, so a
    wider window than that of `speed` shows the later ones above the noise of a small loss.
    """
    window = max(5, 2 * (len(loss) // 20) + 1)
    falling = -np.asarray(scipy.signal.savgol_filter(np.log(loss), window, 2, deriv=1))
    noise = falling[-(len(falling) // 4) :].std()  # the loss is a sample; it is flat at the end
    least = max(LEAST_DROP * falling.max(), 5 * noise)
    padded = np.concatenate([[0.0], falling, [0.0]])
    return scipy.signal.find_peaks(padded, height=least, prominence=least)[0] - 1
