"""Numbers of polygons that others have: the paper's, and those of arc-llc."""

TABLE = {
    "4": (1, 0, 0.11111),
    "4+": (1, 0, 0.10417),
    "5": (1.17046, -0.28230, 0.06874),
    "5+": (1.17046, -0.28230, 0.06180),
    "6": (1.32053, -0.61814, 0.04819),
}
"""l*, b* and loss as the paper has them."""
LARGE, SMALL = 5e5, 5e3
"""The numbers of examples n of the estimates."""
MEASURED = {"5": (6.90, 0.28), "5+": (8.41, 0.39), "6": (8.46, 0.58)}
"""λ̂ and its standard deviation over chains at LARGE, arc-llc."""
PRINTED = {"5": (7.71, 0.85), "5+": (9.91, 1.27), "6": (9.03, 0.59)}
"""λ̂ and its standard deviation at SMALL, as the paper has it."""
