"""Sparse autoencoders on data whose features are known."""
