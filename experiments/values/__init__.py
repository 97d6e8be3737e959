"""Values of a human: learned from comparisons, or pointed at among concepts that are known.

Source: Christiano et al. 2017, Deep Reinforcement Learning from Human Preferences (arXiv
1706.03741); Bai et al. 2022, Constitutional AI (arXiv 2212.08073); Lee et al. 2023, RLAIF (arXiv
2309.00267).
"""
