"""Many features, few neurons: how capacity is allocated, and the blocks that features form.

Source: Scherlis et al. 2022, Polysemanticity and Capacity in Neural Networks (arXiv 2210.01892),
section 3 on the allocation of capacity and section 4 on the geometry of efficient packing.
"""
