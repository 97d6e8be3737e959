"""How capacity is allocated over importance, density and magnitude, and what interference costs.

Source: Scherlis et al. 2022, Polysemanticity and Capacity in Neural Networks (arXiv 2210.01892),
sections 1 to 3; Elhage et al. 2022, Toy Models of Superposition, "Mathematical Understanding".
"""
