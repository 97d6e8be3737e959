"""Whether sparse autoencoders that start differently agree, and whether that means they are right.

Source: arXiv 2505.20254, on the consistency of features between seeds: the mean MCC over pairs of
seeds (PW-MCC) in a toy model with 32 features in 16 dimensions.
"""
