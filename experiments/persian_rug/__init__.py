"""Cowsik, Dolev & Infanger 2024, The Persian Rug (arXiv 2410.12101)."""
