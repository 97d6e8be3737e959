"""Explainers and scorers of latents, as evaluations after training."""
