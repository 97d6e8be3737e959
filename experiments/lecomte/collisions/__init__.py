"""Neurons that come to stand for several features by chance, though there are enough for all.

Source: Lecomte et al. 2023, Incidental Polysemanticity (arXiv 2312.03096), "Incidental
polysemanticity": features settle in a neuron each, by a penalty on the weights; two of n features
meet in one of m neurons, with the same sign, in about n²/(4m) cases.
"""
