"""Which groups to try on parameters, by the names and the shapes that they have.

Whether a group is a symmetry of the model is not decided here: the audit measures it.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from superpos.gauge.groups import Group, scaling, shapes_of
from superpos.gauge.symmetries import (
    attention_ov,
    attention_qk,
    layer_scale,
    linear_bottleneck,
    logit_shift,
    rotation,
    sae_latents,
    signed_permutation,
    unit_permutation,
    unit_rescaling,
)
from superpos.types import Params

Shapes = Mapping[str, tuple[int, ...]]


class Candidates(NamedTuple):
    """What is known of parameters.

    Attributes:
        groups: that act on them.
        unknown: paths of those that belong to no model of known names and shapes.
    """

    groups: list[Group]
    unknown: list[str]


def candidates(params: Params, n_inputs: int) -> Candidates:
    """Groups that act on parameters of such names and shapes.

    Args:
        params: of a tied model, W (n_inputs, n_hidden); an untied one, W_in (n_inputs, n_hidden)
            and W_out (n_outputs, n_hidden); a sparse autoencoder, W_enc (n_inputs, d_code) and
            W_dec (d_code, n_outputs); attention, W_Q and W_K, W_V and W_O; or a multilayer
            perceptron, weights.0, weights.1, ... (n_in, n_out), and biases.0, ... where it has
            them. Each may have leading axes.
        n_inputs: length of an input.

    Returns:
        The Candidates.
    """
    shapes = shapes_of(params)
    found = [
        family(shapes, n_inputs) for family in (_tied, _untied, _sparse, _attention, _perceptron)
    ]
    known = {path for _, paths in found for path in paths}
    groups = [group for each, _ in found for group in each]
    return Candidates(groups, [path for path in shapes if path not in known])


Family = tuple[list[Group], Sequence[str]]
"""The groups, and the paths that they and what they leave alone belong to."""
NONE: Family = ([], ())


def _tied(shapes: Shapes, n_inputs: int) -> Family:
    if not _fits(shapes, {"W": (n_inputs, "hidden")}):
        return NONE
    groups = [
        rotation(),
        signed_permutation(),
        unit_permutation({"W": -1}),
        scaling("scale of W", {"W": 1}),
    ]
    return groups, ("W", "b")


def _untied(shapes: Shapes, n_inputs: int) -> Family:
    if not _fits(shapes, {"W_in": (n_inputs, "hidden"), "W_out": ("outputs", "hidden")}):
        return NONE
    inner = {"W_in": -1}, {"W_out": -1}
    groups = [
        linear_bottleneck(),
        unit_permutation(*inner),
        unit_rescaling(*inner),
        scaling("scale of W_in", {"W_in": 1}),
    ]
    return groups, ("W_in", "W_out", "b")


def _sparse(shapes: Shapes, n_inputs: int) -> Family:
    if not _fits(shapes, {"W_enc": (n_inputs, "code"), "W_dec": ("code", "outputs")}):
        return NONE
    bias = "b_enc" if "b_enc" in shapes else None
    groups = [sae_latents(bias=bias), sae_latents(bias=bias, scale=False)]
    return groups, ("W_enc", "b_enc", "W_dec", "b_dec")


def _attention(shapes: Shapes, n_inputs: int) -> Family:
    del n_inputs
    groups, paths = [], []
    for group, pair in ((attention_qk, ("W_Q", "W_K")), (attention_ov, ("W_V", "W_O"))):
        if set(pair) <= set(shapes):
            groups.append(group())
            paths += pair
    return groups, paths


def _perceptron(shapes: Shapes, n_inputs: int) -> Family:
    weights = [path for path in shapes if path.startswith("weights.")]
    biases = [path for path in shapes if path.startswith("biases.")]
    widths: list[int | str] = [n_inputs, *(f"layer {n}" for n in range(1, len(weights) + 1))]
    wanted = dict(zip(weights, pairwise(widths), strict=True))
    wanted |= {path: (width,) for path, width in zip(biases, widths[1:], strict=False)}
    if not weights or len(biases) not in (0, len(weights)) or not _fits(shapes, wanted):
        return NONE
    groups: list[Group] = []
    for layer, (write, read) in enumerate(zip(weights[:-1], weights[1:], strict=True)):
        writes = {write: -1} | ({biases[layer]: -1} if biases else {})
        groups += [unit_permutation(writes, {read: -2}), unit_rescaling(writes, {read: -2})]
        groups += [layer_scale(weights, biases, layer)]
    groups += [logit_shift(weights[-1], biases[-1] if biases else None)]
    return groups, [*weights, *biases]


def _fits(shapes: Shapes, wanted: Mapping[str, tuple[int | str, ...]]) -> bool:
    """Whether parameters have these shapes, with or without leading axes.

    A text is one length wherever it stands.
    """
    lengths: dict[str, int] = {}
    for path, dims in wanted.items():
        shape = shapes.get(path, ())
        if len(shape) < len(dims):
            return False
        for dim, length in zip(dims, shape[-len(dims) :], strict=True):
            expected = lengths.setdefault(dim, length) if isinstance(dim, str) else dim
            if length != expected:
                return False
    return True
