"""Henighan et al. 2023, Superposition, Memorization, and Double Descent."""
