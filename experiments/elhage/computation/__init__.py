"""A hidden layer that computes absolute values, without superposition and in it.

Source: Elhage et al. 2022, Toy Models of Superposition, "Computation in Superposition":
h = ReLU(W1 x), y' = ReLU(W2 h + b), to be |x|, where x is uniform on (-1, 1) when it is on.
"""
