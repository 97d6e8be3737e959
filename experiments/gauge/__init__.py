"""Gauge freedom: what of a model is bookkeeping, and which measures and updates see it."""
