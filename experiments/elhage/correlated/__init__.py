"""Correlated and anticorrelated sets of features.

Source: Elhage et al. 2022, Toy Models of Superposition, "The Geometry of Superposition",
"Correlated and Anticorrelated Features". Densities end short of 1, where a set that is always on
is not correlated any more.
"""
