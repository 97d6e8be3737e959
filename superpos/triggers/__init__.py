"""When a run is evaluated, in place of every so many updates: pure functions on the host."""

from superpos.triggers.falls import falls as falls
from superpos.triggers.spaced import spaced as spaced
