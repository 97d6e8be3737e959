"""How long the description of an explanation is, in bits, by one stated code.

A number of parts is written in Elias' gamma code, a set as its index among all sets of its size,
and a value in 8 bits, below the largest of its table, which is a float32. What an explanation
predicts is made of the values as they are written, so the bits are enough to predict.

Source: Elias 1975, Universal codeword sets; Rissanen 1978, Modeling by shortest data description.
"""

import math

import numpy as np
from scipy.special import betaln

BITS_OF_LARGEST = 32
BITS_OF_VALUE = 8
LEAST_EXPONENT = -29


def of_count(n: int) -> float:
    """Bits of a number from 0, in Elias' gamma code of n + 1."""
    return 2 * math.floor(math.log2(n + 1)) + 1


def of_choice(n: float) -> float:
    """Bits of one of n."""
    return math.log2(n)


def of_set(n: float, size: int) -> float:
    """Bits of a set of some of n, its size known: log2 of the binomial coefficient."""
    if size == 0:
        return 0.0
    return float(-math.log2(n + 1) - betaln(n - size + 1, size + 1) / math.log(2))


def of_values(n: int, *, signed: bool = False) -> float:
    """Bits of a table of n values that `quantise` gives, with one more each for a sign."""
    return BITS_OF_LARGEST + n * (BITS_OF_VALUE + signed)


def quantise(values: np.ndarray, largest: float | None = None) -> np.ndarray:
    """Values as they are written: three bits after the leading one, and one of 31 exponents, or 0.

    Args:
        values: any finite numbers.
        largest: what all are at most, so that several tables are written on one scale; the largest
            of values where it is not given.

    Returns:
        Within 1/16 of each; 0 where it is below 2^-30 of the largest. float64, of the same shape.
    """
    values = np.asarray(values, np.float64)
    largest = float(np.float32(np.abs(values).max(initial=0) if largest is None else largest))
    if largest == 0:
        return np.zeros_like(values)
    mantissa, exponent = np.frexp(values / largest)
    written = np.ldexp(np.round(mantissa * 16), exponent - 4) * largest
    return np.where(exponent >= LEAST_EXPONENT, written, 0.0)
