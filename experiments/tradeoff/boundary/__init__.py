"""Two features and one dimension: where sharing it costs less than leaving one feature out.

Of models with unit weights and no bias for what is represented, one that leaves the second feature
out has the loss r (p/3 - p²/4), its variance, and an antipodal pair (1 + r) p²/6, as each errs by
the lesser of the two where both are on. So sharing is better for p < 4 r / (2 + 5 r). Scales and
biases may be better than these, which the exact optimum says.

Source: Elhage et al. 2022, Toy Models of Superposition, "Superposition as a Phase Change"; the
boundary is derived here.
"""
