"""Interpretability of language models: those that are trained here, and what their parts say."""
