"""What float64 may change of a number, to tell rounding from what a symmetry does."""

import numpy as np


def rounding(n_terms: int, n_updates: int = 1) -> float:
    """The relative error that sums of so many terms can have, in so many updates one after another.

    It is eps for each term: the bound of a sum, to first order, of numbers that do not cancel. That
    an update makes earlier errors grow is not in it.

    Source: Higham 2002, Accuracy and Stability of Numerical Algorithms, section 4.2.

    Args:
        n_terms: added up for one number, >= 1.
        n_updates: each of which adds up as many, >= 1.

    Returns:
        The error as a share of the number, > 0.
    """
    return float(n_terms * n_updates * np.finfo(np.float64).eps)
