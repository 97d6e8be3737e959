"""What is printed is what was given."""

import pytest
from rich.table import Table

from superpos.app import terminal


@pytest.mark.parametrize("text", ["/tmp/a[/b]", "[red]out[/red]", "a[bold]", ":smile:", "[/"])
def test_text_is_text(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    console = terminal.console()
    console.print(f"page    {text}", soft_wrap=True)
    assert capsys.readouterr().out == f"page    {text}\n"
    table = Table(text, title=text)
    table.add_row(text)
    console.print(table)
    assert capsys.readouterr().out.count(text) == 3
