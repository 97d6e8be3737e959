"""Assets: arrays that are not hyperparameters, from files, from stored models, and directions."""

from superpos.assets.array import array as array
from superpos.assets.directions import orthogonalised as orthogonalised
from superpos.assets.directions import orthonormal as orthonormal
from superpos.assets.members import members as members
from superpos.engine.assets import asset as asset
