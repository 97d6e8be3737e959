"""Lecomte et al. 2023, Incidental Polysemanticity: neurons shared by chance."""
