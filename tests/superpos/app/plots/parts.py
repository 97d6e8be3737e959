"""What a figure is made of, without Matplotlib's types, which say nothing of what is inside."""

from typing import Any

from matplotlib.figure import Figure


def axes_of(figure: Figure) -> Any:
    """The axes of a figure."""
    return figure.axes
