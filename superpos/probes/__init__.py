"""Probes: metrics measured during a run."""

from superpos.probes.loss import loss as loss
from superpos.probes.superposition import superposition as superposition
