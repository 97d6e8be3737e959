"""Marginal returns on capacity: what the loss gains by a little less capacity of one feature.

A trained model is trained on with a penalty that holds the capacity of one feature a little away
from where it was (`regularisers.pinned_capacity`). With the other features held too, nothing takes
the place of what is lost, and the loss rises by the marginal return times the shift. With the
others free, they take what is lost, and the loss rises by the difference of marginal returns.

Source: Scherlis et al. 2022, Polysemanticity and Capacity in Neural Networks (arXiv 2210.01892),
section 2: at the optimum, returns are equal for all features with 0 < C < 1, larger where C = 1
and smaller where C = 0.
"""
