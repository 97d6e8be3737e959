"""What labels leave open of which names are meant, by how many they are."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import xarray

from experiments.values.curves import Curve, curve_of, runs_of, values_of
from experiments.values.theory import label_bits
from superpos.train import store


class Names(NamedTuple):
    """What is measured by the number of names that are meant.

    Attributes:
        bits: number of names -> bits that say which they are, log2 of the number of sets.
        label: number of names -> what a label tells at most on average, in bits.
        left: number of names -> curve of the bits that labels leave open.
        regret: number of names -> curve of the regret.
    """

    bits: dict[int, float]
    label: dict[int, float]
    left: dict[int, Curve]
    regret: dict[int, Curve]


def measure(datasets: Mapping[str, xarray.Dataset]) -> Names:
    """Collect the curves.

    Args:
        datasets: the sweeps of the variants.
    """
    told = datasets["told"]
    config = store.config_of(told)
    left, regret = (runs_of(told, name) for name in ("set_bits", "set_regret"))
    numbers = [int(each) for each in values_of(left, "n_valued")]
    n_concepts, density = int(config["data.n_used"]), float(config["data.density"])
    scale = float(config["data.choice_scale"])
    return Names(
        bits={each: math.log2(math.comb(n_concepts, each)) for each in numbers},
        label={each: label_bits(each, density, scale) for each in numbers},
        left={each: curve_of(left, {"n_valued": each}) for each in numbers},
        regret={each: curve_of(regret, {"n_valued": each}) for each in numbers},
    )
