"""Regularisers: what changes a model while it trains, or is added to its loss."""

from superpos.models.regularisers.attack import attack as attack
from superpos.models.regularisers.attack import attack_directions as attack_directions
from superpos.models.regularisers.base import Regulariser as Regulariser
from superpos.models.regularisers.base import chain as chain
from superpos.models.regularisers.capacity import pinned_capacity as pinned_capacity
from superpos.models.regularisers.noise import noise as noise
from superpos.models.regularisers.penalties import l1_code as l1_code
from superpos.models.regularisers.penalties import l1_weights as l1_weights
