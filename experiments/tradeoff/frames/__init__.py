"""The interferences of trained models beside those of frames, for five activations.

Source: Welch 1974, Lower bounds on the maximum cross correlation of signals; Elhage et al. 2022,
Toy Models of Superposition, "The Geometry of Superposition" (negative interference is free for a
ReLU); Elhage et al. 2022, Softmax Linear Units.
"""
