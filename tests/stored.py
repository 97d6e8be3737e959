"""Configs as a sweep stores them, for datasets that are made by hand."""

import functools
import json
from typing import Any

from experiments import boundary
from experiments.jobs import flat_spec


def config_text(*groups: str, **values: Any) -> str:
    """The whole config of `experiment=train` with changes, as the attribute `config` holds it.

    Args:
        groups: such as "model=computation".
        **values: dotted key -> value.
    """
    words = [f"{key}={json.dumps(value)}" for key, value in values.items()]
    return _composed(*groups, *words)


@functools.cache
def _composed(*overrides: str) -> str:
    return json.dumps(flat_spec(boundary.compose(["experiment=train", *overrides])))
