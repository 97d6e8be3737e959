"""Assets: arrays that are not hyperparameters: files, stored models, directions and texts."""

from superpos.assets.activations import activations as activations
from superpos.assets.array import array as array
from superpos.assets.checkpoint import checkpoint as checkpoint
from superpos.assets.directions import orthogonalised as orthogonalised
from superpos.assets.directions import orthonormal as orthonormal
from superpos.assets.members import members as members
from superpos.assets.tokens import tokens as tokens
from superpos.engine.assets import asset as asset
