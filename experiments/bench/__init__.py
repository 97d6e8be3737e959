"""Benchmarks: superpos beside what people use, in one run, as ratios. They never fail on a time."""
