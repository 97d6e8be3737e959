"""Neurons that stand for one feature, and neurons that stand for several.

Source: Elhage et al. 2022, Toy Models of Superposition, "Superposition in a Privileged Basis":
h = ReLU(Wᵀx), so that the hidden basis means something and its directions are neurons. The paper
shows the model of the lowest loss among 1,000 for each density.
"""
