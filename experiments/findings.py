"""What an analysis returns: verdicts on claims, and figures it drew. Analyses never train."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from experiments.claims.ledger import Verdict


class Figure(NamedTuple):
    """A figure in the folder of the run: file name, text for who cannot see it, and caption."""

    name: str
    alt: str
    caption: str


@dataclass(frozen=True)
class Findings:
    """Verdicts and figures of one run."""

    verdicts: Sequence[Verdict] = field(default_factory=list)
    figures: Sequence[Figure] = field(default_factory=list)
