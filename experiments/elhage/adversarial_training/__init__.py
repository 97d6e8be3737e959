"""Training against attacks: how large they must be to remove superposition.

Source: Elhage et al. 2022, Toy Models of Superposition, "Relationship to Adversarial Robustness".
A feature that is kept apart from all others costs about ε² of an attack of norm ε that hits it, so
large attacks make it pay to keep fewer features, and those with smaller weights.
"""
