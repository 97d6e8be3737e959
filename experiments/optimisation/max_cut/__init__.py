"""Largest cuts of graphs of 12 vertices, all of which are enumerated."""
