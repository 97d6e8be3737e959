"""The audit: metric x symmetry x model, which metrics measure the network and which its gauge.

The symmetries of each stored model are measured, not taken from its name, in float64.

Sources: Casper 2023, EIS IX: Interpretability and Adversaries, and the exchange below it (features
per dimension can be rescaled at will); Elhage et al. 2022, Toy Models of Superposition.
"""
