"""The neurons of the best model at each density."""

from pathlib import Path

from experiments.elhage.neurons import draw_neurons, monosemantic
from experiments.elhage.privileged.measure import Models
from superpos.app.findings import Figure
from superpos.app.plots.figures import fragile_marks, new_figure, save

ALT = "For each density, the weights of each neuron as a stack of one block per feature."
CAPTION = (
    "The model of the lowest loss at each density p. A column is a neuron, stacked from the"
    " weights of the features that feed it (negative ones below the line), with a colour per"
    " feature, the most important darkest. A black frame marks a neuron of a single feature."
)


def draw(measured: Models, folder: Path) -> list[Figure]:
    """Draw a panel per density."""
    p, W = measured.density, measured.W
    columns = min(3, len(p))
    rows = -(-len(p) // columns)
    figure, axes = new_figure(rows, columns, width=3.4 * columns, height=2.6 * rows, squeeze=False)
    for axis in axes.flat[len(p) :]:
        axis.axis("off")
    marks = fragile_marks(measured.fragile, len(p))
    for axis, w, density, mark in zip(axes.flat, W, p, marks, strict=False):
        draw_neurons(axis, w, monosemantic(w))
        axis.set_title(f"p = {density:.3g}{mark}")
    save(figure, folder / "neurons.png")
    return [Figure("neurons.png", ALT, CAPTION)]
