"""A dictionary too narrow for its features: the latent of one mixes those that come with it.

Source: Chanin, Dulka & Garriga-Alonso 2025, Feature Hedging (arXiv 2505.11756): sparse autoencoders
of a single latent on a parent and a child, that starts near the parent. What does not follow the
parent goes into the decoder bias; what does, into the latent. The inner level of a Matryoshka is
such a narrow dictionary, too. Its latent hedges, where that of a wide one absorbs; a weight β of
the inner level between the two may balance them.
"""
