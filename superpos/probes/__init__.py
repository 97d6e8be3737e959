"""Probes: metrics measured during a run."""

from superpos.probes.geometry import geometry as geometry
from superpos.probes.loss import loss as loss
from superpos.probes.superposition import superposition as superposition
from superpos.probes.trajectory import trajectory as trajectory
