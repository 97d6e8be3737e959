"""The loss on held-out text over the tokens seen."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from experiments.interp.language_model.measure import Learning
from superpos.app.findings import Figure, Table
from superpos.app.plots.figures import PALETTE, new_figure, save

ALT = "Loss on held-out text over the tokens seen, a line for each seed and each model of n-grams."
CAPTION = (
    "Loss on held-out text in nats per token, a line a seed, from the start (left end) on. Dashed:"
    " interpolated Kneser-Ney models of n-grams, counted in all of the text to train on. Dotted:"
    " every token as likely."
)


def draw(measured: Learning, folder: Path) -> list[Figure]:
    """Draw a line for each seed and each baseline."""
    figure, axis = new_figure(1, 1, width=6.4, height=3.8)
    for number, (seed, loss) in enumerate(zip(measured.seeds, measured.loss, strict=True)):
        colour = PALETTE[number % 3]
        axis.plot(measured.tokens, loss, "o-", ms=3, lw=1, color=colour, label=f"seed {seed}")
    for colour, (name, loss) in zip(PALETTE[3:], measured.baselines.items(), strict=False):
        axis.axhline(loss, color=colour, ls="--", lw=1, label=f"{name}: {loss:.2f}")
    axis.axhline(np.log(measured.n_tokens), color=PALETTE[7], ls=":", lw=1, label="uniform")
    trained = measured.tokens[measured.tokens > 0]
    axis.set_xscale("symlog", linthresh=trained.min() if trained.size else 1, linscale=0.5)
    axis.set_xlim(left=0)
    axis.set(xlabel="tokens seen", ylabel="loss on held-out text (nats per token)")
    axis.legend(frameon=False, fontsize=8)
    save(figure, folder / "language_model.png")
    return [Figure("language_model.png", ALT, CAPTION)]


def tables(measured: Learning) -> Sequence[Table]:
    """All losses at the end of training."""
    final = measured.loss[:, -1] if measured.loss.size else np.array([])
    rows = [
        (f"transformer, seed {s}", f"{x:.3f}") for s, x in zip(measured.seeds, final, strict=True)
    ]
    rows += [(name, f"{loss:.3f}") for name, loss in measured.baselines.items()]
    sizes = f"{measured.n_train:,} tokens to train on, {measured.n_held_out:,} held out"
    return [Table(f"Loss on held-out text: {sizes}", ("model", "nats per token"), rows)]
