"""`python -m tests.parity`, by the parity environment: what SAELens and others do, frozen."""
