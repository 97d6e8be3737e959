"""What the scales of hidden ReLU units do to training.

One network, its units scaled going in and scaled back going out, trained on one stream of data. All
compute the same at the start. The more the scales spread, the more they come to differ, except
under descent in the balanced gauge.

That large scales cost SGD loss was expected, and is wrong in a run as short as this one: at one
learning rate the loss of SGD falls further the more the scales spread.

Source: Neyshabur, Salakhutdinov & Srebro 2015, Path-SGD (arXiv 1506.02617), sections 2 and 3; the
comment of A. Jermyn on N. Soares 2022, K-complexity is silly; use cross-entropy instead.
"""
