"""The state of a model as a value of JSON, to be kept in its checkpoint."""

import dataclasses
import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from superpos.triggers.law import LossLaw
from superpos.triggers.observe import Begun, State
from superpos.triggers.policy import Policy


def encode(state: State) -> dict[str, Any]:
    """A state as a value of JSON, for a checkpoint."""

    def plain(value: Any) -> Any:
        if isinstance(value, datetime):
            return value.isoformat()
        if dataclasses.is_dataclass(value):
            return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
        if isinstance(value, tuple):
            named = getattr(value, "_asdict", None)
            return plain(named()) if named else [plain(each) for each in value]
        if isinstance(value, dict):
            return {name: plain(each) for name, each in value.items()}
        return "inf" if value == math.inf else value

    return plain(state)


def decode(value: Mapping[str, Any]) -> State:
    """The state that `encode` made a value of JSON of.

    Raises:
        ValueError: it did not.
    """
    try:
        policy = dict(value["policy"])
        law = policy.pop("law")
        if law is not None:
            law = LossLaw(**{**law, "fitted_to": float(law["fitted_to"])})
        begun = value["begun"]
        if begun is not None:
            begun = Begun(
                datetime.fromisoformat(begun["t"]), begun["estimate"], (*begun["reasons"],)
            )
        times = {
            name: value[name] and datetime.fromisoformat(value[name])
            for name in ("anchor_time", "t")
        }
        lists = {name: (*value[name],) for name in ("lineage", "owed")}
        policy = Policy(**policy, law=law)
        return State(**{**value, **times, **lists, "policy": policy, "begun": begun})
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no state of a schedule: {error!r}") from None
