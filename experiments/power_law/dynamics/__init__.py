"""The loss against time, with a dimension for each feature and with fewer.

Source: Chen, Chen, Liu & Gore 2026, Superposition unifies power-law training dynamics (arXiv
2602.01045): feature i is on with probability p_i ∝ i^-a, the teacher is y = A x with a diagonal
A_ii ∝ i^-b, and the student starts small.
"""
