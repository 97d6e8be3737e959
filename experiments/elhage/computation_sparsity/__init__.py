"""From neurons of one feature to neurons of many, as the features that are computed get sparser.

Source: Elhage et al. 2022, Toy Models of Superposition, "Computation in Superposition":
h = ReLU(W1 x), y' = ReLU(W2 h + b), to be |x| of a hundred features with forty neurons. Which
neuron serves which features is sensitive to rounding, how many serve one is not: members
are not trained twice to mark that, and the notes give the shares of all instances.
"""
