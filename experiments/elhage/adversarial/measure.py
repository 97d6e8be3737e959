"""What attacks do to the models of the sweep."""

from collections.abc import Mapping

import xarray

from experiments.elhage.attacks import Attacked, attack_all


def measure(datasets: Mapping[str, xarray.Dataset]) -> Attacked:
    """Attack every finished model, and one without superposition.

    Args:
        datasets: {"sweep": a sweep over density and seed of ReLU models with equal importances}.

    Raises:
        NoMemberError: no model is finished.
    """
    return attack_all(datasets["sweep"])
