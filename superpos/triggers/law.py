"""The loss of runs without improvements over their compute, and back: effective compute."""

import math
from dataclasses import dataclass, fields


@dataclass(frozen=True, kw_only=True)
class LossLaw:
    """The loss of the baseline recipe: L(C) = irreducible + (scale / C)^exponent.

    The effective compute of a model is that with which the baseline has its loss. Physical FLOPs
    are the special case of a recipe without improvements.

    Source: Anthropic's Responsible Scaling Policy 1.0, "Evaluation Protocol"; the form is that of
    Kaplan et al. 2020 and Hoffmann et al. 2022 for one scale of compute.

    Attributes:
        irreducible: loss that no compute removes, >= 0.
        scale: compute at which the loss is irreducible + 1, > 0; in the unit of compute.
        exponent: > 0.
        most: the largest compute that is ever read off, > 0, finite; what would be more is this.
        fitted_to: the largest compute that the law was fitted to, > 0; more is extrapolated.

    Raises:
        ValueError: a number is out of range; one line.
    """

    irreducible: float
    scale: float
    exponent: float
    most: float
    fitted_to: float = math.inf

    def __post_init__(self) -> None:
        for field in fields(self):
            name, value = field.name, getattr(self, field.name)
            span = {"irreducible": "[0, inf)", "fitted_to": "(0, inf]"}.get(name, "(0, inf)")
            above = value >= 0 if span[0] == "[" else value > 0
            if not (above and (value < math.inf or span[-1] == "]")):
                raise ValueError(f"law.{name}={value}: expected a number in {span}")

    def loss(self, compute: float) -> float:
        """The loss of the baseline at a compute > 0."""
        return self.irreducible + (self.scale / compute) ** self.exponent

    def compute(self, loss: float, loss_se: float = 0.0, z: float = 0.0) -> tuple[float, bool]:
        """Effective compute, at an upper bound where the loss is noisy.

        By the delta method the logarithm of compute has the standard error
        loss_se / (exponent · (loss - irreducible)).

        Args:
            loss: on a test set, finite.
            loss_se: its standard error, >= 0.
            z: standard errors that are added, >= 0; 1.645 is the bound that noise passes in 1 of
                20 cases.

        Returns:
            Compute in [0, most], and whether it is extrapolated: more than the law was fitted to.
        """
        reducible = loss - self.irreducible
        if reducible <= 0:
            return self.most, True
        log = math.log(self.scale) - math.log(reducible) / self.exponent
        log += z * loss_se / self.exponent / reducible  # no product that could be 0
        compute = math.exp(log) if log < math.log(self.most) else self.most
        return compute, compute > self.fitted_to or compute == self.most
