"""Interference against capacity: what a feature gains, and what sharing takes back."""
