"""Two features and one neuron: where both are represented, and what a share of capacity returns.

Source: Scherlis et al. 2022, Polysemanticity and Capacity in Neural Networks (arXiv 2210.01892),
section 3, the phase diagram over kurtosis and relative importance, and the marginal returns.
"""
