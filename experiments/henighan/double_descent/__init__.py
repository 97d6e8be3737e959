"""Models that store the points they are trained on, or the features that these are made of.

Source: Henighan et al. 2023, Superposition, Memorization, and Double Descent: T points of norm 1, a
full batch; and the comment on it by Jermyn on weight decay and repeated points.
"""
