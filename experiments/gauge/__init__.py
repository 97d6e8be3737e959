"""Gauge freedom: what changes about a network that computes the same."""
