"""Jermyn, Schiefer & Hubinger 2022, Engineering Monosemanticity (arXiv 2211.09169)."""
