"""The universal AND: one hidden layer from which the AND of every two features can be read.

Source: Hänni, Mendel, Vaintrob & Chan 2024, Mathematical Models of Computation in Superposition
(arXiv 2408.05451); the lower bound of Adler & Shavit 2024, On the Complexity of Neural Computation
in Superposition (arXiv 2409.15318).
"""
