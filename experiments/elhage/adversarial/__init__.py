"""Superposition and adversarial examples: how much an attack gains from sharing dimensions.

Source: Elhage et al. 2022, Toy Models of Superposition, "Relationship to Adversarial Robustness".
"""
