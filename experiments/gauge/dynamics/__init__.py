"""Dynamics of labels: which updates take classes of equivalent models to classes.

A label of a class has a dynamics of its own exactly where equivalent starts stay equivalent. That
is a check of the update, not of a configuration: optimisers are followed in float64 from stored
starts, moved by the symmetries of the model, for some hundred updates. For stochastic gradient
descent of a tied model the label is G = W Wᵀ, and can be trained in place of W.

Source: the comment of A. Jermyn on N. Soares 2022, K-complexity is silly; use cross-entropy instead
(LessWrong). Two things came out otherwise than was expected. The rule of G is exact, yet alone it
is unstable: whatever rounding adds to the rank grows wherever another hidden dimension would lower
the loss, until G is no Gram matrix; truncating the rank now and then takes that away. And Muon
is followed at a learning rate of 0.001: at 0.01 it keeps to rotations of an untied bottleneck only
for some hundred updates, and from then on rounding grows exponentially, as in a chaotic system.
"""
