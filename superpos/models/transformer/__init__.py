"""Decoder-only transformers: the forward pass, and pretrained ones from files."""

from superpos.models.transformer.architecture import (
    Architecture,
    LayerParams,
    Linear,
    Norm,
    TransformerParams,
)
from superpos.models.transformer.checkpoints import read
from superpos.models.transformer.tokeniser import Encoding, Tokeniser, read_tokeniser
from superpos.models.transformer.transformer import (
    Trace,
    Transformer,
    select,
    token_losses,
    transformer,
)

__all__ = [
    "Architecture",
    "Encoding",
    "LayerParams",
    "Linear",
    "Norm",
    "Tokeniser",
    "Trace",
    "Transformer",
    "TransformerParams",
    "read",
    "read_tokeniser",
    "select",
    "token_losses",
    "transformer",
]
