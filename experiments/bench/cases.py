"""What is timed: the toy autoencoder at several sizes, trained by AdamW on fresh batches."""

from typing import NamedTuple

BATCH_SIZE = 1024
LEARNING_RATE, WEIGHT_DECAY = 1e-3, 1e-2
IMPORTANCE_DECAY = 0.9


class Case(NamedTuple):
    """One size.

    Attributes:
        n_features: n.
        n_hidden: m.
        n_models: models trained side by side, on a log grid of densities from 1 to 0.01.
        n_steps: updates that are timed.
    """

    n_features: int
    n_hidden: int
    n_models: int
    n_steps: int

    @property
    def name(self) -> str:
        """Such as "5→2 x 100"."""
        return f"{self.n_features}→{self.n_hidden} x {self.n_models:,}"

    @property
    def model_steps(self) -> int:
        """Updates of one model that are timed."""
        return self.n_models * self.n_steps

    @property
    def densities(self) -> list[float]:
        """Density of each model."""
        last = max(self.n_models - 1, 1)
        return [10 ** (-2 * number / last) for number in range(self.n_models)]


CASES = (
    Case(5, 2, 10, 400),
    Case(5, 2, 100, 200),
    Case(5, 2, 1000, 40),
    Case(20, 5, 10, 200),
    Case(20, 5, 100, 40),
    Case(20, 5, 1000, 4),
    Case(400, 30, 8, 8),
    Case(400, 30, 64, 2),
    Case(2, 1, 4000, 40),
)
