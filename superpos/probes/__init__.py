"""Probes: metrics measured during a run."""

from superpos.probes.superposition import superposition as superposition
