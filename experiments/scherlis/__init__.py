"""Scherlis et al. 2022, Polysemanticity and Capacity in Neural Networks."""
