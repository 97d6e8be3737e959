"""The loss of trained autoencoders beside that of constructed weights.

Source: Cowsik, Dolev & Infanger 2024, The Persian Rug: solving toy models of superposition using
large-scale symmetries (arXiv 2410.12101), and the code that they published: f(x) = ReLU(W_out W_in
x + b), not tied; a trained model treats all features alike up to noise, so that one made of random
rows of a Hadamard matrix, which have this symmetry, has the same loss.
"""
