"""Too low an L0 makes sparse autoencoders mix features that are correlated.

Source: Chanin & Garriga-Alonso 2025, Sparse but Wrong (arXiv 2508.16560). First five features of
which one is correlated with each of the others (variant `star`), where autoencoders start at the
truth; then fifty with random correlations (`random`), where they start anywhere.
"""
