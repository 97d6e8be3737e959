"""The phase diagram: trained models against the exact optimum.

Source: Elhage et al. 2022, Toy Models of Superposition, "Superposition as a Phase Change". The
exact optimum is computed by quadrature in float64, independently of the training code.
"""
