"""Language models behind one protocol: endpoints, files of recorded exchanges, local models."""

from superpos.interp.backends.openai_compatible import openai_compatible
from superpos.interp.backends.own_transformer import own_transformer
from superpos.interp.backends.protocol import (
    Backend,
    BackendError,
    BudgetError,
    Completion,
    Message,
    Usage,
)
from superpos.interp.backends.replay import recorded, replay
from superpos.interp.backends.transformers_local import transformers_local

__all__ = [
    "Backend",
    "BackendError",
    "BudgetError",
    "Completion",
    "Message",
    "Usage",
    "openai_compatible",
    "own_transformer",
    "recorded",
    "replay",
    "transformers_local",
]
