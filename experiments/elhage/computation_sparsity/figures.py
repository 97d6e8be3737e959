"""What feeds the neurons at each density."""

from pathlib import Path

from experiments.elhage.computation_sparsity.measure import Neurons
from experiments.elhage.neurons import draw_neurons, monosemantic
from superpos.app.findings import Figure
from superpos.app.plots.figures import fragile_marks, new_figure, save

ALT = "Weights that feed each of the neurons, a stack per neuron and a panel per density."
CAPTION = (
    "What feeds the neurons at each density p, the best of the instances. A column is a neuron,"
    " stacked from its weights (negative ones below the line), with a colour per feature, the"
    " most important darkest. A black frame marks a neuron that one feature feeds."
)


def draw(measured: Neurons, folder: Path) -> list[Figure]:
    """Draw a panel per density."""
    p, W = measured.density, measured.W
    figure, axes = new_figure(len(p), 1, width=9, height=2.1 * len(p), squeeze=False)
    marks = fragile_marks(measured.fragile, len(p))
    for axis, weights, density, mark in zip(axes[:, 0], W, p, marks, strict=True):
        draw_neurons(axis, weights, monosemantic(weights))
        axis.set_title(f"p = {density:.3g}{mark}")
    save(figure, folder / "neurons.png")
    return [Figure("neurons.png", ALT, CAPTION)]
