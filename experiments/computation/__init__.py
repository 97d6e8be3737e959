"""Computation in superposition: more functions than neurons."""
