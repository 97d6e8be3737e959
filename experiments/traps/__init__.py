"""Representations that an agent trains on what its own policy visits.

Source: Shi et al. 2026, Self-Confirming Superposition Traps in Reinforcement Learning (arXiv
2609.32966), and the code that they published.
"""
