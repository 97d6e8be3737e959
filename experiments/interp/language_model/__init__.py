"""A small transformer on text, from its start on, beside models of n-grams.

After the one-layer transformer of Bricken et al. 2023, Towards Monosemanticity, "Transformer
Training", at a size that two cores train in minutes. What is kept of it at several points of its
training is what experiments on trained and untrained models take (`members` with a `step`).
"""
