"""Features per dimension as bookkeeping: what a ReLU classifier is free to change, and what not.

The networks are read from the store and moved along their symmetries in float64; nothing is
trained. A tied autoencoder has a linear code instead of units: where it stands for a network, what
reads the code is W transposed.

Sources: Casper 2023, EIS IX: Interpretability and Adversaries (features per dimension is the norm
of weights, which a ReLU network without biases can scale at will), and the reply to it (a tied
autoencoder cannot); Elhage et al. 2022, Toy Models of Superposition (the measures); Du, Hu & Lee
2018, Algorithmic Regularization in Learning Deep Homogeneous Models (balanced units).
"""
