"""Environments: worlds in which an agent acts, and what it is shown of them."""

from superpos.environments import encodings as encodings
from superpos.environments.encodings import Encoding as Encoding
from superpos.environments.episodes import Trajectory as Trajectory
from superpos.environments.episodes import play as play
from superpos.environments.epochs import EpochParams as EpochParams
from superpos.environments.epochs import EpochState as EpochState
from superpos.environments.epochs import epochs as epochs
from superpos.environments.tampering import tampering as tampering
