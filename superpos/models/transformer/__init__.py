"""Decoder-only transformers: the forward pass, and pretrained ones from files."""

from superpos.models.transformer.architecture import (
    Architecture,
    LayerParams,
    Linear,
    Norm,
    TransformerParams,
)
from superpos.models.transformer.checkpoints import read, write
from superpos.models.transformer.matrices import MatrixStatistics, statistics
from superpos.models.transformer.quantise import quantise
from superpos.models.transformer.randomise import (
    SCHEMES,
    matched_gaussian,
    normal,
    randomise,
    reinitialise,
)
from superpos.models.transformer.tokeniser import (
    Encoding,
    Tokeniser,
    read_tokeniser,
    train_tokeniser,
)
from superpos.models.transformer.transformer import (
    Trace,
    Transformer,
    select,
    token_losses,
    transformer,
)

__all__ = [
    "SCHEMES",
    "Architecture",
    "Encoding",
    "LayerParams",
    "Linear",
    "MatrixStatistics",
    "Norm",
    "Tokeniser",
    "Trace",
    "Transformer",
    "TransformerParams",
    "matched_gaussian",
    "normal",
    "quantise",
    "randomise",
    "read",
    "read_tokeniser",
    "reinitialise",
    "select",
    "statistics",
    "token_losses",
    "train_tokeniser",
    "transformer",
    "write",
]
