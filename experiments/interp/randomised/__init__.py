"""Sparse autoencoders of a trained transformer and of randomised ones, explained and scored.

After Bricken et al. 2023, Towards Monosemanticity, "Do features tell us about the model or about
the data?", and Heap et al. 2025 (arXiv 2501.17727). No language model explains here: explanations
are token lists, n-grams, rules and the like, so scores are not those of the papers.
"""
