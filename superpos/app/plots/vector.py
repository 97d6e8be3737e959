"""SVG and PDF: drawn in moderation, and the SVG for readers of light and of dark pages."""

import re

import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import Collection, QuadMesh
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

MOST_MARKS = 5_000
"""Points of a panel that are drawn one by one; more are an image inside the drawing."""
GREY = re.compile(r"(?:fill|stroke): (#([0-9a-f]{2})\2\2)")
DARK, LIGHT, WHITE = 0x80, 0xE8, 0xFF
"""A grey below the first is ink, one from the second on is a shade of the paper."""
INK, SHADE, CARD = "#e3e6ea", "#2b3038", "#1b1f25"
"""What ink, shades of the paper and the paper are on a dark page."""
KEPT = "kept"
"""How ids begin of what lies on an image, and keeps its colours."""


def prepare(figure: Figure) -> None:
    """Say which parts are an image inside the drawing, and which keep their colours in the dark.

    Args:
        figure: that is to be written as SVG or PDF.
    """
    for number, axes in enumerate(figure.axes):
        marks: list[Artist] = [*axes.lines, *axes.collections]
        meshes = [mark for mark in marks if isinstance(mark, QuadMesh)]
        many = sum(map(_n_points, marks)) > MOST_MARKS
        for mark in marks if many else meshes:  # cells drawn one by one have gaps between them
            mark.set_rasterized(True)
        if axes.images or meshes:
            for at, each in enumerate([*marks, *axes.texts, *axes.patches]):
                each.set_gid(f"{KEPT}_{number}_{at}")


def _n_points(mark: Artist) -> int:
    if isinstance(mark, Line2D):
        return np.size(mark.get_xdata())
    assert isinstance(mark, Collection)
    n_corners = sum(np.size(path.vertices) for path in mark.get_paths()) // 2
    return max(np.size(mark.get_offsets()) // 2, n_corners)


def for_both_schemes(svg: bytes) -> bytes:
    """A drawing with a style sheet by which lines and texts are light on a dark page."""
    text = svg.decode()
    rules = [f"svg {{ fill: {INK} }}", f"[id^={KEPT}] {{ fill: #000000 }}"]
    for colour, part in sorted({*GREY.findall(text)}):
        grey = int(part, 16)
        if not DARK <= grey < LIGHT:
            new = INK if grey < DARK else CARD if grey == WHITE else SHADE
            rules += [
                f'[style*="{what}: {colour}"]:not([id^={KEPT}] *) {{ {what}: {new} !important }}'
                for what in ("fill", "stroke")
            ]
    sheet = f"@media (prefers-color-scheme: dark) {{ {' '.join(rules)} }}"
    return text.replace("</style>", f"{sheet}</style>", 1).encode()
