"""Compressed computation: twice as many ReLUs as there are neurons.

Source: Braun et al. 2025, Interpretability in Parameter Space (arXiv 2501.14926), the residual
network of x + ReLU(x), here as its neurons see it (`superpos.data.mixed`); Bhagat et al. 2026,
Compressed Computation is (probably) not Computation in Superposition (arXiv 2606.14673); and a
sequel of 2026 with the error to the power of four, known here by its numbers alone.
"""
