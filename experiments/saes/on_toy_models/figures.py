"""Drawn below."""

from pathlib import Path
from experiments.saes.on_toy_models.measure import Recovered
from superpos.app.findings import Figure


def draw(measured: Recovered, folder: Path) -> list[Figure]:
    return []
