"""Assets: arrays that are not hyperparameters, from files and from stored models."""

from superpos.assets.array import array as array
from superpos.assets.members import members as members
from superpos.engine.assets import asset as asset
