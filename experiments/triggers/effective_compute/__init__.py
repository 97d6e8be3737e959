"""Effective compute, measured: a law of the baseline, and a recipe that is ahead of it.

Source: Anthropic's Responsible Scaling Policy 1.0, "Evaluation Protocol": effective compute is
"roughly the amount of compute it would have taken to train a model if no improvements to
pretraining or fine-tuning techniques are included".
"""
