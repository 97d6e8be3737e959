"""Sums of Gaussian wells in the plane, of which one is the deepest."""
