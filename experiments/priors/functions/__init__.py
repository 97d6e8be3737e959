"""How often networks compute each Boolean function before they are trained, and after.

Source: Mingard et al. 2019, Neural Networks are A Priori Biased Towards Boolean Functions with Low
Entropy (arXiv 1909.11522); Valle-Pérez, Camargo & Louis 2018, Deep Learning Generalizes Because the
Parameter-Function Map is Biased Towards Simple Functions (arXiv 1805.08522); Mingard et al. 2021,
Is SGD a Bayesian Sampler? Well, Almost (arXiv 2006.15191).
"""
