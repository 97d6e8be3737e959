"""How many neurons respond to one feature alone, by learning rate, bias, decay and width.

Source: Jermyn, Schiefer & Hubinger 2022, Engineering Monosemanticity in Toy Models (arXiv
2211.09169), and the code that they published: N sparse features along fixed random directions of m
dimensions, k ReLU units that are to say which features are on ("feature decoder"). A bias at the
start that is below 0 and decays in the first half of a run leaves more neurons monosemantic.
"""
