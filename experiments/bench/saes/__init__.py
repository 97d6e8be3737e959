"""Sweeps of sparse autoencoders beside SAELens' trainer and a plain PyTorch loop."""
