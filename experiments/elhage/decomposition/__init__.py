"""Feature benefit and interference: the loss on one feature, in closed form and sampled.

Source: Elhage et al. 2022, Toy Models of Superposition, "Mathematical Understanding".
"""
