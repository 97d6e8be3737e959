"""Whether agents set back the clock that they are shown, and what that depends on.

Source: ours; for rewards that read what an agent can change, Everitt et al. 2021, Reward Tampering
Problems and Solutions in Reinforcement Learning (arXiv 1908.04734).
"""
