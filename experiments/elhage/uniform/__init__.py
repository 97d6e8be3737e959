"""Equally important features: dimensions per feature, and the polytopes that features form.

Source: Elhage et al. 2022, Toy Models of Superposition, "The Geometry of Superposition", "Uniform
Superposition". Which features share a polytope is sensitive to rounding; the claims are on
statistics over features and instances, so members are not trained a second time to mark that.
"""
