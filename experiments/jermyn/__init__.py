"""Jermyn, Schiefer & Hubinger 2022, Engineering Monosemanticity in Toy Models (arXiv 2211.09169)."""
