"""What the papers claim, and whether a run reproduces it."""
