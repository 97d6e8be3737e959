"""The config of a checkpoint, whose keys are asked for by name and type."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from superpos.arguments import ArgumentError, shown

GELU_ACTIVATIONS = {
    **{"gelu": "gelu", "gelu_new": "gelu_tanh", "gelu_pytorch_tanh": "gelu_tanh"},
    **{"relu": "relu", "silu": "silu"},
}
"""Of GPT-2 and GPT-NeoX, by their names in transformers."""
_REQUIRED: Any = object()


class Config(NamedTuple):
    """Values by key, and where they come from.

    Attributes:
        path: of the file, for messages.
        values: by key; None counts as missing, as it does in transformers.
    """

    path: Path
    values: Mapping[str, Any]

    def count(self, key: str, default: int = _REQUIRED) -> int:
        """A whole number that is at least 1.

        Raises:
            ArgumentError: there is none; one line.
        """
        value = self._value(key, default)
        if type(value) is not int or not 1 <= value < 2**31:
            raise self.refusal(key, value, "an integer in [1, 2147483647]")
        return value

    def divisor(self, key: str, *, of: str) -> int:
        """A whole number that divides the one at another key.

        Raises:
            ArgumentError: there is none, or it does not; one line.
        """
        number, whole = self.count(key), self.count(of)
        if whole % number:
            raise self.refusal(key, number, f"a divisor of {of}={whole}")
        return number

    def number(self, key: str, default: float = _REQUIRED) -> float:
        """A number above 0.

        Raises:
            ArgumentError: there is none; one line.
        """
        value = self._value(key, default)
        if type(value) not in (int, float) or not 0 < value < math.inf:
            raise self.refusal(key, value, "a number in (0, inf)")
        return float(value)

    def flag(self, key: str, default: bool) -> bool:
        """True or false.

        Raises:
            ArgumentError: it is neither; one line.
        """
        value = self._value(key, default)
        if type(value) is not bool:
            raise self.refusal(key, value, "true or false")
        return value

    def choice(self, key: str, choices: Mapping[str, Any], default: str = _REQUIRED) -> Any:
        """What one of several words stands for.

        Raises:
            ArgumentError: it is none of them; one line.
        """
        value = self._value(key, default)
        if not isinstance(value, str) or value not in choices:
            raise self.refusal(key, value, f"one of {', '.join(choices)}")
        return choices[value]

    def only(self, key: str, wanted: Any) -> None:
        """Refuse any other value than one; none at all is fine.

        Raises:
            ArgumentError: it is another; one line.
        """
        value = self._value(key, wanted)
        if type(value) is not type(wanted) or value != wanted:
            raise self.refusal(key, value, f"{wanted}, the only one that is here")

    def several(self, key: str) -> list[Any]:
        """A list.

        Raises:
            ArgumentError: there is none; one line.
        """
        value = self._value(key, _REQUIRED)
        if not isinstance(value, list):
            raise self.refusal(key, value, "a list")
        return value

    def inner(self, key: str) -> "Config":
        """The config that stands at a key, with none of its keys where nothing does.

        Raises:
            ArgumentError: something else stands there; one line.
        """
        value = self._value(key, {})
        if not isinstance(value, Mapping):
            raise self.refusal(key, value, "a mapping")
        return Config(self.path, value)

    def refusal(self, key: str, value: Any, expected: str) -> ArgumentError:
        """An error about one value, in one line."""
        return ArgumentError(f"{self.path}: {key}={shown(value)}, expected {expected}")

    def _value(self, key: str, default: Any) -> Any:
        value = self.values.get(key)
        value = default if value is None else value
        if value is _REQUIRED:
            raise ArgumentError(f"{self.path}: expected a key {key}")
        return value
