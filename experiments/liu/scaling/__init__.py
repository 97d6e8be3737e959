"""The loss against the width of a model, with weak and with strong superposition.

Source: Liu, Liu & Gore 2025, Superposition Yields Robust Neural Scaling (arXiv 2505.10465), the toy
model: x_i = u_i v_i with u_i on with probability p_i ∝ i^-α and v_i uniform on [0, 2]; a weight
decay γ > 0 leaves little superposition, γ < 0 much.
"""
