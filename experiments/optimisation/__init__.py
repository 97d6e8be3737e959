"""Direct and amortised optimisation: solving each problem anew, and learning what solves it.

Source: Millidge 2022, Deconfusing Direct vs Amortised Optimization.
"""
