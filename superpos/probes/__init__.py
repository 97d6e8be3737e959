"""Probes: metrics measured during a run."""

from superpos.probes.superposition import superposition as superposition
from superpos.probes.trajectory import trajectory as trajectory
