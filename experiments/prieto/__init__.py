"""Prieto et al. 2026, From Data Statistics to Feature Geometry (arXiv 2603.09972)."""
