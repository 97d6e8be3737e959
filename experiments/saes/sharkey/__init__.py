"""A grid of dictionaries and penalties: where features in superposition are recovered.

Source: Sharkey, Braun & Millidge 2022, Taking features out of superposition with sparse
autoencoders (interim report), with the definitions of its replication (HoagyC,
`replicate_toy_models.py`).
"""
