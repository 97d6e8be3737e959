"""Which architectures of sparse autoencoders find which features, and at which L0.

Source: SynthSAEBench (arXiv 2602.14687): features of a Zipf law, in trees and correlated, in fewer
dimensions. Autoencoders have a quarter as many latents as there are features.
"""
