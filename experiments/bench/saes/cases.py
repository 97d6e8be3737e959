"""What is timed: 16 autoencoders on one stream, given as rows or generated from sparse features."""

from typing import Literal, NamedTuple

from experiments.bench.cases import SAMPLE_S

K = 8
"""Active latents of TopK."""
L1 = 0.1
LEARNING_RATE = 3e-4
DENSITY = 0.01
"""Of the features of a generated stream."""
N_BATCHES = 16
"""Batches of the rows that are given, served in turn."""
FEWEST_STEPS = 32
_FLOPS, _STEP_S = 5e10, 5e-5
"""Guesses, from which the length of a sample follows, and nothing else."""


class SaeCase(NamedTuple):
    """One size.

    Attributes:
        architecture: `relu` with an L1 penalty, or `topk`.
        d_in: inputs.
        d_code: latents.
        n_members: autoencoders that are trained.
        batch_size: examples of an update.
        n_features: sparse features of a generated stream; 0 is rows that are given.
    """

    architecture: Literal["relu", "topk"]
    d_in: int
    d_code: int
    n_members: int = 16
    batch_size: int = 1024
    n_features: int = 0

    @property
    def name(self) -> str:
        """Such as "64→256 topk x 16"."""
        kind = "L1" if self.architecture == "relu" else "TopK"
        stream = f", {self.n_features:,} features" if self.n_features else ""
        return f"{self.d_in:,}→{self.d_code:,} {kind} x {self.n_members}{stream}"

    @property
    def flops(self) -> int:
        """Floating-point operations of the five dense products of an example and an autoencoder."""
        return 10 * self.d_in * self.d_code

    def n_steps(self, n_models: int) -> int:
        """Updates of so many autoencoders that last about SAMPLE_S, by a guess."""
        one = self.batch_size * self.flops / _FLOPS + _STEP_S
        return max(FEWEST_STEPS, round(SAMPLE_S / (n_models * one)))

    def n_samples(self, n_models: int) -> int:
        """SAE-samples of a run: examples times the autoencoders that saw them."""
        return n_models * self.n_steps(n_models) * self.batch_size


CASES = (
    SaeCase("relu", 16, 32),
    SaeCase("relu", 64, 256),
    SaeCase("topk", 64, 256),
    SaeCase("relu", 256, 1024),
    SaeCase("topk", 256, 1024),
    SaeCase("relu", 64, 256, n_features=1024),
)
MEMBERS = tuple(SaeCase("relu", 64, 256, n) for n in (1, 4, 16, 64))
WIDTHS = tuple(SaeCase("relu", 64, width) for width in (64, 128, 256, 512, 1024))
BATCHES = tuple(SaeCase("relu", 64, 256, batch_size=size) for size in (256, 512, 1024, 2048, 4096))
