"""Does an agent that shuts down at the epoch it is told to plan no further than an epoch? It does.

Source: ours; the closed form is derived in `superpos.environments.epochs`. For myopia as a discount
of 0, Ngo 2020, Arguments against myopic training.
"""
