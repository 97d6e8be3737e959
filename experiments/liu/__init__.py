"""Liu, Liu & Gore 2025, Superposition Yields Robust Neural Scaling (arXiv 2505.10465)."""
