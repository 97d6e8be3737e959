"""The feature directions at each density."""

from pathlib import Path

from experiments.elhage.intro.measure import Geometries
from superpos.app.findings import Figure
from superpos.app.plots.arrows import draw_arrows
from superpos.app.plots.figures import fragile_marks, new_figure, save
from superpos.app.report.cells import panels_of

ALT = "Feature directions at each density, from two orthogonal arrows to a pentagon."
CAPTION = "Rows of W for the best of the instances at each density p; the circle has radius 1."


def draw(measured: Geometries, folder: Path) -> list[Figure]:
    """Draw a panel per density."""
    p, W = measured.density, measured.W
    columns = min(5, len(W))
    rows = -(-len(W) // columns)
    figure, axes = new_figure(rows, columns, width=2 * columns, height=2.2 * rows, squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    marks = fragile_marks(measured.fragile, len(p))
    for axis, w, density, mark in zip(axes.flat, W, p, marks, strict=False):
        draw_arrows(axis, w)
        axis.set_title(f"p = {density:.3g}{mark}")
    panels = list(axes.flat[: len(W)])
    save(figure, folder / "directions.png")
    texts = [
        {"density p": f"{at:.3g}", "features represented": f"{n}", "loss": f"{loss:.4g}"}
        for at, n, loss in zip(p, measured.n_represented, measured.loss, strict=True)
    ]
    cells = panels_of(panels, texts, W, measured.b)
    return [Figure("directions.png", ALT, CAPTION, cells)]
