"""Local learning coefficients of polygons, and where the posterior turns from one to another.

Source: Chen et al. 2023, Dynamical versus Bayesian Phase Transitions in a Toy Model of
Superposition (arXiv 2310.06301), the table of k-gons and the section on Bayesian transitions. The
values beside the theory's are those of arc-llc, a public re-implementation.

Chains sample with the population loss: the number of examples n enters by the inverse temperature
n / log n. An actual set of n examples would shift every loss of a chain and that of its polygon
alike, to first order. A step of length η inflates the estimate by about η/4 of the trace of the
Hessian over the number of parameters: 6 % at η = 0.1, 2 % at the 0.03 that is used.

The estimates at n = 5000 depend on the length of the chains: longer ones drift further along flat
directions, and their estimates are higher. The paper's are compared with the long chains, and what
chains as short as arc-llc's give, 10,000 steps of ε = 5e-5 in the notation of Lau et al. 2023 from
their first draw on, is reported beside them.
"""
