"""Agents that learn by PPO in an episode of two steps, from a low and from a high start.

Source: Shi et al. 2026, Self-Confirming Superposition Traps in Reinforcement Learning (arXiv
2609.32966), the final cohort of their experiments with PPO, whose criteria and numbers are those of
the code that they published. It also has their earlier runs, some of which missed their criteria.
"""
