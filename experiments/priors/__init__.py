"""Which hypotheses perceptrons prefer, before they are trained and after."""
