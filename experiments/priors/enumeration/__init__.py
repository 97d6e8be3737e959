"""Short codes against many codes: all networks of ternary weights, counted exactly.

Source: Valle-Pérez, Camargo & Louis 2018 (arXiv 1805.08522) and Mingard et al. 2021 (arXiv
2006.15191), for priors by counting; So8res' claim that a hypothesis is simple where it has short
codes, and where it has many. The alternative to the length of the shortest code is Solomonoff's:
the weight of all codes together.
"""
