"""The geometry of features that are correlated as points of a circle or of a figure of eight.

Source: Prieto et al. 2026, From Data Statistics to Feature Geometry (arXiv 2603.09972), the
synthetic part; its code has 12 features, κ = 10, b = 0, tied weights, 200 epochs of 8,000 samples.
"""
