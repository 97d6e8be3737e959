"""Learning dynamics: jumps of the feature dimensionalities, and learning in stages.

Source: Elhage et al. 2022, Toy Models of Superposition, "Superposition and Learning Dynamics".
"""
