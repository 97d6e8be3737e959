"""The asymmetric motif, for weights made by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.elhage.computation.motif import Motif, find_motifs

# Features 0 and 1 share neuron 0; neuron 1 is fed by feature 0 and inhibits output 1.
W_IN = np.array([[2.0, 1.5, 0.0], [-0.5, 0.0, 0.0], [0.0, 0.0, 1.0]])
W_OUT = np.array([[0.5, 0.0, 0.0], [2.0, -2.0, 0.0], [0.0, 0.0, 1.0]])


def changed(**entries: float) -> tuple[np.ndarray, np.ndarray]:
    """The motif with some entries replaced: into_<feature><neuron> or out_<feature><neuron>."""
    weights = {"into": W_IN.copy(), "out": W_OUT.copy()}
    for name, value in entries.items():
        matrix, place = name.split("_")
        weights[matrix][int(place[0]), int(place[1])] = value
    return weights["into"], weights["out"]


def test_the_motif_of_the_paper_is_found() -> None:
    assert find_motifs(W_IN, W_OUT) == [Motif(loud=0, quiet=1, neuron=0, inhibitor=1)]


@given(
    scales=st.lists(st.floats(0.1, 10), min_size=3, max_size=3),
    features=st.permutations(range(3)),
    neurons=st.permutations(range(3)),
)
def test_neither_scale_nor_naming_matters(
    scales: list[float], features: list[int], neurons: list[int]
) -> None:
    scale = np.array(scales)
    W_in, W_out = (W_IN * scale)[features][:, neurons], (W_OUT / scale)[features][:, neurons]
    assert find_motifs(W_in, W_out) == [
        Motif(
            loud=features.index(0),
            quiet=features.index(1),
            neuron=neurons.index(0),
            inhibitor=neurons.index(1),
        )
    ]


def test_the_mirror_image_is_a_motif_too() -> None:
    assert len(find_motifs(-W_IN, W_OUT)) == 1


@pytest.mark.parametrize(
    "entries",
    [
        {"out_11": 0.0},  # nothing inhibits
        {"out_11": 2.0},  # it excites
        {"out_11": -0.6},  # 0.9 of 4 is too little
        {"into_01": -1.5},  # it is on when the loud feature is off
        {"into_10": 0.5},  # both feed with the same sign
        {"into_10": -1.5, "out_10": 2 / 3},  # symmetric
        {"out_10": 0.1},  # the quiet feature is not served
        {"out_00": -0.5},  # nor is the loud one
    ],
)
def test_without_one_part_there_is_no_motif(entries: dict[str, float]) -> None:
    assert find_motifs(*changed(**entries)) == []


def test_broken_weights_have_none() -> None:
    broken = np.full((3, 3), np.nan)
    assert find_motifs(broken, broken) == []
