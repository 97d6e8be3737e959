"""The terminal, where text is text and what is wrong is one line."""

import argparse
from typing import NoReturn

from rich.console import Console

from superpos.app.jobs import UsageError


class Parser(argparse.ArgumentParser):
    """Reads the words of a command that no experiment is composed from."""

    def error(self, message: str) -> NoReturn:
        """Refuse them, without how the command is used.

        Raises:
            UsageError: always.
        """
        raise UsageError(message)


def console() -> Console:
    """A console that prints what it is given: [/b] and :smile: stay as they are."""
    return Console(markup=False, emoji=False)
