"""What feeds the neurons of two models, and what reads them."""

from pathlib import Path

from experiments.elhage.computation.measure import Computing
from experiments.elhage.neurons import draw_neurons, monosemantic
from superpos.app.findings import Figure
from superpos.app.plots.figures import new_figure, save

ALT = "Weights of each neuron, of three features in six neurons and of a model with a motif."
CAPTION = (
    "Left: what feeds the neurons. Right: what reads them. Top: three features in six neurons."
    " Below: the first model with the asymmetric motif, whose neuron is marked ▲ and its"
    " inhibitor ▼. A column is a neuron, stacked from its weights (negative ones below the"
    " line), with a colour per feature, the first darkest. A black frame marks a neuron that"
    " one feature feeds."
)


def draw(measured: Computing, folder: Path) -> list[Figure]:
    """Draw the best of the one, and the first of the other that has a motif."""
    figure, axes = new_figure(2, 2, width=9, height=6)
    exact, instances = measured
    shown = next((i for i, found in enumerate(instances.motifs) if found), 0)
    motifs = instances.motifs[shown]
    title = f"instance {int(instances.seeds[shown])}, with{'' if motifs else 'out'} the motif"
    for (into, out), feeding, reading, name in (
        (axes[0], exact.W_in, exact.W_out, "three features, six neurons"),
        (axes[1], instances.W_in[shown], instances.W_out[shown], title),
    ):
        single = monosemantic(feeding)
        draw_neurons(into, feeding, single)
        draw_neurons(out, reading, single)
        into.set(title=name, ylabel=r"$W_\mathrm{in}$")
        out.set(title=name, ylabel=r"$W_\mathrm{out}$")
    for motif in motifs[:1]:
        for axis in axes[1]:
            axis.set(xticks=[motif.neuron, motif.inhibitor], xticklabels=["▲", "▼"])
    save(figure, folder / "neurons.png")
    return [Figure("neurons.png", ALT, CAPTION)]
