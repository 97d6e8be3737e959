"""A hidden layer that computes absolute values, without superposition and in it.

Source: Elhage et al. 2022, Toy Models of Superposition, "Computation in Superposition":
h = ReLU(W1 x), y' = ReLU(W2 h + b), to be |x|, where x is uniform on (-1, 1) when it is on.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import xarray

from experiments.elhage.motif import Motif, find_motifs
from experiments.elhage.neurons import draw_neurons, monosemantic
from superpos.app.claims.ledger import Claim, Row, Verdict, claims_of, settle
from superpos.app.findings import Figure, Findings
from superpos.app.plots.figures import new_figure, save
from superpos.train import best_of


def analyse(*, datasets: Mapping[str, xarray.Dataset], folder: Path) -> Findings:
    """Judge the claims on two small models, and draw their neurons.

    Args:
        datasets: {"exact": n = 3, m = 6 over seeds; "motif": n = m = 10 over seeds}.
        folder: where the figure goes.

    Returns:
        Verdicts and one figure.
    """
    exact, motif = datasets["exact"], datasets["motif"]
    best = best_of(exact, exact["loss"].isel(step=-1))
    claims = _claims(exact.sizes["seed"], motif.sizes["seed"])
    motifs = [find_motifs(*weights) for weights in zip(*_weights(motif), strict=True)]
    _draw(folder / "neurons.png", best, motif, motifs)
    verdicts = [
        *settle(judge_exact(claims, best), best.get("fragile")),
        *settle(judge_motifs(claims, motifs), motif.get("fragile")),
    ]
    alt = "Weights of each neuron, of three features in six neurons and of a model with a motif."
    caption = (
        "Left: what feeds the neurons. Right: what reads them. Top: three features in six neurons."
        " Below: the first model with the asymmetric motif, whose neuron is marked ▲ and its"
        " inhibitor ▼. A column is a neuron, stacked from its weights (negative ones below the"
        " line), with a colour per feature, the first darkest. A black frame marks a neuron that"
        " one feature feeds."
    )
    return Findings(verdicts, [Figure("neurons.png", alt, caption)])


def _claims(n_restarts: int, n_instances: int) -> dict[str, Claim]:
    of = partial(
        claims_of,
        "elhage/computation",
        paper="Elhage et al. 2022, Toy Models of Superposition",
        section="Computation in Superposition",
    )
    exact: tuple[Row, ...] = (
        ("exact_loss", "the loss goes to 0", "<=", 0, 1e-5),
        ("exact_pairs", "each feature feeds one neuron with a positive weight and one with a"
         " negative one, and no other; features wrong", "=", 0, 0),
    )  # fmt: skip
    motif: tuple[Row, ...] = (
        ("motif", "some instances have a neuron of asymmetric superposition and one that inhibits;"
         " instances", ">=", 1, 0),
    )  # fmt: skip
    return of(exact, setting=f"n=3, m=6, p=1, best of {n_restarts} instances") | of(
        motif, setting=f"n=10, m=10, p=0.35, I=0.8^i, {n_instances} instances"
    )


def judge_exact(claims: Mapping[str, Claim], best: xarray.Dataset) -> list[Verdict]:
    """Verdicts on the best of the models that have two neurons for each feature."""
    W, _ = _weights(best)
    return [
        claims["exact_loss"].judge(float(best["best_loss"])),
        claims["exact_pairs"].judge(_features_without_a_pair(W)),
    ]


def judge_motifs(claims: Mapping[str, Claim], motifs: Sequence[Sequence[Motif]]) -> list[Verdict]:
    """The verdict on the motifs of each instance."""
    count = sum(bool(found) for found in motifs)
    return [claims["motif"].judge(count, f"{count} of {len(motifs)} instances")]


def _weights(dataset: xarray.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """W_in and W_out, float64."""
    W_in, W_out = (dataset[name].to_numpy().astype(np.float64) for name in ("W_in", "W_out"))
    return W_in, W_out


def _features_without_a_pair(W: np.ndarray) -> int:
    """Features of W (n, m) that do not feed exactly one neuron positively and one negatively.

    A neuron that several features feed is none of either.
    """
    fed = np.where(monosemantic(W), np.sign(W) * (np.abs(W) == np.abs(W).max(0)), 0)
    positive, negative = (fed > 0).sum(-1), (fed < 0).sum(-1)
    return int(((positive != 1) | (negative != 1)).sum())


def _draw(
    path: Path, exact: xarray.Dataset, motif: xarray.Dataset, motifs: Sequence[Sequence[Motif]]
) -> None:
    figure, axes = new_figure(2, 2, width=9, height=6)
    shown = next((i for i, found in enumerate(motifs) if found), 0)
    one = motif.isel(seed=shown)
    title = f"instance {int(one['seed'])}, with{'' if motifs[shown] else 'out'} the motif"
    for (into, out), model, name in zip(
        axes, (exact, one), ("three features, six neurons", title), strict=True
    ):
        W_in, W_out = _weights(model)
        single = monosemantic(W_in)
        draw_neurons(into, W_in, single)
        draw_neurons(out, W_out, single)
        into.set(title=name, ylabel="W_in")
        out.set(title=name, ylabel="W_out")
    for motif_at in motifs[shown][:1]:
        for axis in axes[1]:
            axis.set(xticks=[motif_at.neuron, motif_at.inhibitor], xticklabels=["▲", "▼"])
    save(figure, path)
