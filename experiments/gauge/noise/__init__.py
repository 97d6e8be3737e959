"""What the choice of a hidden basis does to training, against what another seed does.

From one start W and from several rotations W Q of it a model is trained on one stream of data. All
compute the same at the start, so whatever differs at the end is noise of the gauge.

That Adam aligns rows with the axes was expected, and is wrong here: its rows lie away from them,
with entries more equal in size than those of random directions.

Source: the comment of A. Jermyn on N. Soares 2022, K-complexity is silly; use cross-entropy
instead (LessWrong): gauge freedom makes an equivalence, and what is evolved should be its classes.
"""
