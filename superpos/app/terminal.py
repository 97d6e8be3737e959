"""The terminal, where text is text: nothing in a path or a title is taken for markup."""

from rich.console import Console


def console() -> Console:
    """A console that prints what it is given: [/b] and :smile: stay as they are."""
    return Console(markup=False, emoji=False)
