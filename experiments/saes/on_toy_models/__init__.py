"""Sparse autoencoders on the hidden layers of toy models: which of the true features come back.

Toy models of Elhage et al. 2022 are trained over densities. Sparse autoencoders are then trained on
their hidden codes, where the true features are the rows of W. Dense models give each feature they
keep a dimension of its own, sparse models hold more features than dimensions; so what is asked is
whether superposition or density decides what comes back. Controls: random dictionaries, sparse
autoencoders before training, and some on Gaussian codes with the same mean and covariance.
"""
