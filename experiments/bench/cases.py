"""What is timed: the toy autoencoder at several sizes, trained by AdamW on fresh batches."""

from typing import NamedTuple

BATCH_SIZE = 1024
LEARNING_RATE, WEIGHT_DECAY = 1e-3, 1e-2
IMPORTANCE_DECAY = 0.9
SAMPLE_S = 0.3
"""What one sample is to last, so that it stands above the noise of the machine."""


class Pace(NamedTuple):
    """A guess at how fast a contestant is; the length of a sample follows from it, nothing else.

    Attributes:
        step_ns: what an update of all models takes at least.
        number_ns: what each number of a batch adds to it.
        product_ns: what each product of such a number adds.
        fewest_steps: updates of a sample, however long they take.
    """

    step_ns: float
    number_ns: float
    product_ns: float
    fewest_steps: int = 2


class Case(NamedTuple):
    """One size.

    Attributes:
        n_features: n.
        n_hidden: m.
        n_models: models trained side by side, on a log grid of densities from 1 to 0.01.
        batch_size: examples of an update.
    """

    n_features: int
    n_hidden: int
    n_models: int
    batch_size: int = BATCH_SIZE

    @property
    def name(self) -> str:
        """Such as "5→2 x 100"."""
        return f"{self.n_features}→{self.n_hidden} x {self.n_models:,}"

    @property
    def densities(self) -> list[float]:
        """Density of each model."""
        last = max(self.n_models - 1, 1)
        return [10 ** (-2 * number / last) for number in range(self.n_models)]

    def n_steps(self, pace: Pace) -> int:
        """Updates that last about SAMPLE_S, for a first guess; the measure corrects it upwards."""
        numbers = self.batch_size * self.n_features
        model_ns = numbers * (pace.number_ns + pace.product_ns * self.n_hidden)
        by_sample = 1e9 * SAMPLE_S / (pace.step_ns + self.n_models * model_ns)
        return max(pace.fewest_steps, round(by_sample))


CASES = (
    Case(5, 2, 10),
    Case(5, 2, 100),
    Case(5, 2, 1000),
    Case(20, 5, 10),
    Case(20, 5, 100),
    Case(20, 5, 1000),
    Case(400, 30, 8),
    Case(400, 30, 64),
    Case(2, 1, 4000),
)
