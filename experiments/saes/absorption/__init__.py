"""A latent of a parent that is silent where a child is on, whose latent has taken the parent in.

Source: Chanin et al. 2024, A is for Absorption (arXiv 2409.14507), and the post Toy Models of
Feature Absorption in SAEs: two orthogonal features, a child that is on only where its parent is,
and a sparse autoencoder of two latents with L1 that starts near them.
"""
