"""Training: one run as pure functions; and, brought from where they are, many runs and their store.

`sweep`, `evaluate`, `Progress` and `TrainError` are of `superpos.engine`; `store`, `best_of`,
`NoMemberError` and `StoreError` of `superpos.store`. They are loaded when first asked for.
"""

import importlib
from typing import TYPE_CHECKING, Any

from superpos.train.fit import fit as fit
from superpos.train.training import training as training
from superpos.types import FitSpec as FitSpec

if TYPE_CHECKING:
    from superpos import store as store
    from superpos.engine.after import evaluate as evaluate
    from superpos.engine.sweep import sweep as sweep
    from superpos.engine.width import TrainError as TrainError
    from superpos.engine.work import Progress as Progress
    from superpos.store import NoMemberError as NoMemberError
    from superpos.store import StoreError as StoreError
    from superpos.store import best_of as best_of

_ELSEWHERE = {
    "sweep": "superpos.engine.sweep",
    "evaluate": "superpos.engine.after",
    "Progress": "superpos.engine.work",
    "TrainError": "superpos.engine.width",
    "best_of": "superpos.store",
    "NoMemberError": "superpos.store",
    "StoreError": "superpos.store",
}


def __getattr__(name: str) -> Any:
    """What is offered here of the packages that build on this one (PEP 562)."""
    if name == "store":
        return importlib.import_module("superpos.store")
    if name not in _ELSEWHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_ELSEWHERE[name]), name)
