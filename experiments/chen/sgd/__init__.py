"""Stochastic gradient descent from near the 4-gon: does it pass from polygon to polygon?

Source: Chen et al. 2023, Dynamical versus Bayesian Phase Transitions in a Toy Model of
Superposition (arXiv 2310.06301), section on dynamical transitions. Shares of checkpoints are those
of arc-llc, a public re-implementation. The loss of a checkpoint is the exact one.

Where the loss steps down, the learning coefficient steps up: it is estimated by Langevin chains as
short as arc-llc's (500 steps, full batches of n = 1000 examples), from the polygon of each plateau,
not from the checkpoints themselves.
"""
