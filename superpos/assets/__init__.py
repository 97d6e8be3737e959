"""Assets: arrays that are not hyperparameters, from files and from stored models."""

from superpos.assets.array import array as array
from superpos.assets.members import Members as Members
from superpos.assets.members import member_at as member_at
from superpos.assets.members import members as members
from superpos.train.assets import asset as asset
