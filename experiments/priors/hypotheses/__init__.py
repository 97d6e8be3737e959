"""Which of two rules networks pick that fit the same examples.

Source: Shah et al. 2020, The Pitfalls of Simplicity Bias in Neural Networks (arXiv 2006.07710);
Mingard et al. 2021, Is SGD a Bayesian Sampler? Well, Almost (arXiv 2006.15191); Lee et al. 2019,
Wide Neural Networks of Any Depth Evolve as Linear Models (arXiv 1902.06720).
"""
