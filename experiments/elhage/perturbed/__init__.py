"""A pentagon of which one feature becomes sparser than the others.

Source: Elhage et al. 2022, Toy Models of Superposition, "The Geometry of Superposition",
"Non-Uniform Superposition", "Perturbing a Single Feature".
"""
