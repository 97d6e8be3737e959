"""Parameters are recognised by names and shapes; what is not is listed."""

import numpy as np
import pytest

from superpos.gauge.candidates import candidates
from superpos.gauge.groups import shapes_of

N, H, K = 6, 3, 4
UNTIED = ["change of basis", "unit permutation", "unit rescaling", "scale of W_in"]
LATENTS = ["latent permutation and scale", "latent permutation"]
KNOWN = {
    "tied": (
        {"W": (N, H), "b": (N,)},
        ["rotation", "signed permutation", "unit permutation", "scale of W"],
    ),
    "untied": ({"W_in": (N, H), "W_out": (K, H), "b": (K,)}, UNTIED),
    "untied, each with two copies": ({"W_in": (2, N, H), "W_out": (2, K, H)}, UNTIED),
    "sparse": ({"W_enc": (N, H), "b_enc": (H,), "W_dec": (H, N), "b_dec": (N,)}, LATENTS),
    "sparse without biases": ({"W_enc": (N, H), "W_dec": (H, N)}, LATENTS),
    "attention": ({"W_Q": (N, H), "W_K": (N, H), "W_V": (N, H), "W_O": (H, N)}, ["QK", "OV"]),
    "perceptron": (
        {"weights": [(N, H), (H, K)], "biases": [(H,), (K,)]},
        ["unit permutation", "unit rescaling", "scale of layer 1", "logit shift"],
    ),
}
UNKNOWN = [
    {"enc": (N, H), "dec": (H, N)},
    {"W": (H, N)},
    {"W": (N,)},
    {"W_in": (N, H), "W_out": (H, N)},
    {"W_in": (N, H)},
    {"W_enc": (H, N), "W_dec": (N, H)},
    {"weights": [(H, N), (K, H)]},
    {"weights": [(N, H), (K, H)]},
    {"weights": [(N, H), (H, K)], "biases": [(H,)]},
    {"sae": {"W_enc": (N, H), "W_dec": (H, N)}},
]


def zeros(shapes):
    if isinstance(shapes, tuple):
        return np.zeros(shapes)
    if isinstance(shapes, list):
        return [zeros(each) for each in shapes]
    return {name: zeros(each) for name, each in shapes.items()}


@pytest.mark.parametrize("name", KNOWN)
def test_parameters_of_known_names_and_shapes_have_groups(name):
    shapes, expected = KNOWN[name]
    groups, unknown = candidates(zeros(shapes), N)
    assert [group.name for group in groups] == expected
    assert unknown == []


@pytest.mark.parametrize("shapes", UNKNOWN)
def test_others_are_unknown(shapes):
    groups, unknown = candidates(zeros(shapes), N)
    assert groups == []
    assert unknown == [*shapes_of(zeros(shapes))]


def test_what_is_beside_known_parameters_is_unknown():
    groups, unknown = candidates(zeros({"W": (N, H), "gain": (N,)}), N)
    assert len(groups) == 4
    assert unknown == ["gain"]
