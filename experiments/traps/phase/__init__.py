"""Which features share a direction, by how often an agent takes the action that pairs them.

Source: Shi et al. 2026, Self-Confirming Superposition Traps in Reinforcement Learning (arXiv
2609.32966), the phase diagram of the tied model, and the check by gradient descent of their code.
"""
