"""What is claimed of a parent and a child."""

import numpy as np

from experiments.saes.absorption.measure import Latents, Measured
from experiments.saes.peers import beside_peers
from superpos.app.claims.ledger import Origin, Verdict, claims_of

L1 = 0.001
"""The coefficient of the paper's toy model."""
HALF = 0.7071
"""Cosine of a sum of two orthogonal features with each of them."""

SETTING = (
    "2 orthogonal features in 50 dimensions, P(parent)=0.25, P(child | parent)=0.2, magnitude 1,"
    " start at the truth with noise 0.1, L1 0.001; reduced from 100M examples at learning rate 3e-4"
    " to 2M (8,000 updates of 256) at 1e-3; 5 seeds; a latent is active above 0.01"
)
CLAIMS = beside_peers(claims_of(
    "saes/absorption",
    (
        ("recall", "the parent's latent is off where the child is on; its recall there, mean over"
         " seeds", "<=", 0, 0),
        ("precision", "it is on nowhere but where the parent is; precision, mean over seeds", ">=",
         0.99, 0),
        ("encoder", "the encoder of the parent's latent has a negative component along the child,"
         " relative to that along the parent; largest over seeds", "<=", -0.5, 0),
        ("decoder_parent", "the decoder of the child's latent is the sum of both; cosine with the"
         " parent, mean over seeds", "=", HALF, 0.02),
        ("decoder_child", "the decoder of the child's latent is the sum of both; cosine with the"
         " child", "=", HALF, 0.02),
        ("partial_small", "where the child comes without the parent too, nothing is absorbed at"
         " this coefficient; recall of the parent's latent where both are on", ">=", 0.99, 0),
        ("partial_large", "with enough L1 the child's latent takes the parent in; its cosine with"
         " the parent at 0.3 minus that at 0.001", ">=", 0.05, 0),
        ("varying", "where magnitudes vary, the parent's latent is silent on some samples of the"
         " child and not on others; recall", "=", 0.5, 0.45),
        ("tied", "an encoder tied to the decoder does not absorb; recall of the parent's latent"
         " where the child is on", ">=", 1, 0),
        ("tied_decoder", "the latents of a tied encoder are the features; least cosine of a feature"
         " and its latent", ">=", 0.98, 0),
    ),
    paper="Chanin et al. 2024, A is for Absorption",
    section="toy models of feature absorption",
    setting=SETTING,
    origin=Origin("paper", "before"),
) | claims_of(
    "saes/absorption",
    (
        ("no_penalty", "without L1 nothing is absorbed; recall of the parent's latent where the"
         " child is on", ">=", 1, 0),
    ),
    paper="ours",
    section="control",
    setting=SETTING,
    origin=Origin("control", "before"),
))  # fmt: skip


def judge(measured: Measured) -> list[Verdict]:
    """Verdicts on all variants; what needs several coefficients is not run with one."""
    own, tied = measured.absorbed.at(L1), measured.tied.at(L1)
    partial, free = measured.partial, measured.absorbed.at(0.0)
    several = len(partial.coefficient) > 1
    grown = partial.decoder[-1, :, 1, 0].mean() - partial.decoder[0, :, 1, 0].mean()
    by_l1 = ", ".join(
        f"{l1:g}: {cosine:.3f}"
        for l1, cosine in zip(partial.coefficient, partial.decoder[..., 1, 0].mean(-1), strict=True)
    )
    return [
        CLAIMS["recall"].judge(own.recall.mean()),
        CLAIMS["precision"].judge(own.precision.mean()),
        CLAIMS["encoder"].judge(_relative(own).max()),
        CLAIMS["decoder_parent"].judge(own.decoder[..., 1, 0].mean()),
        CLAIMS["decoder_child"].judge(own.decoder[..., 1, 1].mean()),
        CLAIMS["partial_small"].judge(partial.recall[0].mean()),
        CLAIMS["partial_large"].judge(grown if several else None, f"by coefficient {by_l1}"),
        CLAIMS["varying"].judge(measured.varying.recall.mean()),
        CLAIMS["tied"].judge(tied.recall.mean()),
        CLAIMS["tied_decoder"].judge(np.diagonal(tied.decoder, axis1=-2, axis2=-1).min()),
        CLAIMS["no_penalty"].judge(free.recall.mean()),
    ]


def _relative(found: Latents) -> np.ndarray:
    """The child's component of the parent's encoder over that of the parent; nan for none."""
    parent, child = found.encoder[..., 0, 0], found.encoder[..., 0, 1]
    return np.where(parent > 0, child / np.where(parent > 0, parent, 1), np.nan)
