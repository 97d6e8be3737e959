"""When a run of superpos is evaluated, in place of every so many updates: decided on the host."""

from superpos.triggers.runs.effective_compute import effective_compute as effective_compute
from superpos.triggers.runs.falls import falls as falls
from superpos.triggers.runs.spaced import spaced as spaced
