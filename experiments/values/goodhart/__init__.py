"""What is left of learned and of named rewards under optimisation, and where correlates break.

Source: Gao, Schulman & Hilton 2023, Scaling Laws for Reward Model Overoptimization (arXiv
2210.10760).
"""
