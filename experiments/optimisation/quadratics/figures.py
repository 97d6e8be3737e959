"""Figures and tables of solvers of quadratics."""

from collections.abc import Sequence
from pathlib import Path

from experiments.optimisation.curves import Solvers
from experiments.optimisation.drawn import draw_family, tables_of
from superpos.app.findings import Figure, Table


def draw(measured: Solvers, folder: Path) -> list[Figure]:
    """Draw curves and the plane."""
    return draw_family(measured, folder)


def tables(measured: Solvers) -> Sequence[Table]:
    """Numbers of each solver, and the programs."""
    return tables_of(measured)
