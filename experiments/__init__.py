"""Replications of published results, each run from one configuration."""
