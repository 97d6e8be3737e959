"""The symmetries that models have, each with the models for which it is exact.

Sources: Neyshabur, Salakhutdinov & Srebro 2015, Path-SGD (rescaling of ReLU units); Elhage et al.
2021, A Mathematical Framework for Transformer Circuits (QK and OV circuits); Elhage et al. 2022,
Toy Models of Superposition (rotation of the hidden space); Ba, Kiros & Hinton 2016, Layer
Normalization (gain and shift).
"""

from collections.abc import Sequence

from superpos.gauge import matrices
from superpos.gauge.groups import Group, basis_change, scaling, shift


def rotation(path: str = "W") -> Group:
    """O(n_hidden) of a tied linear bottleneck, W -> W Mᵀ. Exact where the hidden code is linear."""
    return basis_change("rotation", matrices.orthogonal, writes={path: -1})


def signed_permutation(path: str = "W") -> Group:
    """Signed permutations of a tied linear bottleneck: what of O(n_hidden) Adam keeps to."""
    return basis_change("signed permutation", matrices.signed_permutations, writes={path: -1})


def linear_bottleneck(write: str = "W_in", read: str = "W_out") -> Group:
    """GL(n_hidden) of an untied bottleneck, which keeps the product W_in W_outᵀ.

    Exact where the hidden code is linear.
    """
    return basis_change(
        "change of basis", matrices.general_linear, writes={write: -1}, reads={read: -1}
    )


def unit_permutation(writes: dict[str, int], reads: dict[str, int] | None = None) -> Group:
    """Permutations of hidden units. Exact for every elementwise activation."""
    return basis_change("unit permutation", matrices.permutations, writes=writes, reads=reads)


def unit_rescaling(writes: dict[str, int], reads: dict[str, int]) -> Group:
    """A positive scale for each hidden unit, undone by what reads it. Exact for ReLU units."""
    return basis_change("unit rescaling", matrices.positive_scales, writes=writes, reads=reads)


def layer_scale(weights: Sequence[str], biases: Sequence[str] = (), layer: int = 0) -> Group:
    """One positive scale for the weights of a layer, and for every bias from there on.

    The outputs of a ReLU network are multiplied by it. So the largest output stays the largest,
    but probabilities and loss do not stay: it is a symmetry of the decision, not of the function.
    A network without biases is the case without `biases`.
    """
    powers = {weights[layer]: 1, **dict.fromkeys(biases[layer:], 1)}
    return scaling(f"scale of layer {layer + 1}", powers)


def logit_shift(weight: str, bias: str | None = None) -> Group:
    """The same function of the hidden units added to every logit. Exact under softmax.

    Args:
        weight: path of the last weights, (n_hidden, n_classes).
        bias: path of the last bias, (n_classes,); None where there is none.
    """
    axes = {weight: -1} | ({bias: -1} if bias else {})
    return shift("logit shift", axes, preserves="probabilities")


def attention_qk(query: str = "W_Q", key: str = "W_K") -> Group:
    """GL(d_head) of queries and keys, each (d_model, d_head), which keeps the product W_Q W_Kᵀ.

    Exact where nothing comes between the two, as rotary positions do.
    """
    return basis_change("QK", matrices.general_linear, writes={query: -1}, reads={key: -1})


def attention_ov(value: str = "W_V", output: str = "W_O") -> Group:
    """GL(d_head) of values (d_model, d_head) and output (d_head, d_model), which keeps W_V W_O.

    Exact.
    """
    return basis_change("OV", matrices.general_linear, writes={value: -1}, reads={output: -2})


def layer_norm_scale(gain: str, weight: str, shift_path: str | None = None) -> Group:
    """A positive scale for each coordinate of a LayerNorm, undone by the weights that read it.

    Exact, where nothing else reads it. Gain and shift are (d_model,), the weights (d_model, n).
    """
    writes = {gain: -1} | ({shift_path: -1} if shift_path else {})
    return basis_change(
        "LayerNorm scale", matrices.positive_scales, writes=writes, reads={weight: -2}
    )


def layer_norm_mean(weight: str) -> Group:
    """The same added to all rows of the weights (d_model, n) that read a LayerNorm.

    Exact where its gain and shift are folded into the weights, since then its outputs sum to zero.
    """
    return shift("LayerNorm mean", {weight: -2}, preserves="outputs")


def sae_latents(
    encoder: str = "W_enc",
    bias: str | None = "b_enc",
    decoder: str = "W_dec",
    *,
    scale: bool = True,
) -> Group:
    """Permutations of the latents of a sparse autoencoder, with a positive scale for each.

    The encoder is (d_in, d_code), its bias (d_code,), None where there is none, the decoder
    (d_code, d_in). Both are exact for ReLU latents;
    permutations alone (`scale=False`) for every kind. The reconstruction stays as it is; a penalty
    on the latents does not, unless it weighs each by the norm of its decoder row.
    """
    family = matrices.scaled_permutations if scale else matrices.permutations
    name = "latent permutation and scale" if scale else "latent permutation"
    writes = {encoder: -1} | ({bias: -1} if bias else {})
    return basis_change(name, family, writes=writes, reads={decoder: -2})
