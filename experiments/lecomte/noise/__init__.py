"""Noise on the hidden layer that makes features sparse in the neurons, if it has the right shape.

Source: Lecomte et al. 2023, Incidental Polysemanticity (arXiv 2312.03096), "Noise-induced
polysemanticity": noise of negative excess kurtosis, such as ±σ, favours features in few neurons;
Gaussian noise, which has none, does not. Measured by ‖W_i‖₄⁴, which is 1 for a feature in one
neuron and about 3/m for one spread at random.
"""
