"""Cross-talk of linear read-outs through a narrow layer, and its floor.

Source: arXiv 2605.01192 for the floor (F/d - 1)/(F - 1) of the mean squared cross-talk, which is
that of Welch 1974, and for the sizes (40, 10), (400, 30) and (1024, 48).

A linear autoencoder of features that come one at a time ends at a projection on d dimensions. That
its start picks at random, so P_ii is Beta(d/2, (F - d)/2), whose inverse has the mean
(F - 2)/(d - 2); cross-talk of row i is (1/P_ii - 1)/(F - 1), and so d/(d - 2) times the floor.
"""
