"""How often the posterior of n examples is at a pentagon, and how often at a hexagon.

Source: Chen et al. 2023, Dynamical versus Bayesian Phase Transitions in a Toy Model of
Superposition (arXiv 2310.06301), section on Bayesian transitions: the posterior
exp(-n L_n(w) - ½‖w‖²) of actual data sets is sampled over n, and a draw is called by the number of
vertices of the convex hull of its features.

Langevin chains pass between polygons up to n of about 300, and not any more at 600. There the odds
come from the same data set at lower inverse temperatures B: where chains pass they are counted, and
from there on d log Z_k / dB = -E_k L_n, the mean loss of chains while they are at polygon k, is
integrated up to B = n (thermodynamic integration).
"""
