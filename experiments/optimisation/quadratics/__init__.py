"""Quadratics of 8 unknowns, whose best answers have a closed form."""
