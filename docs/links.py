"""`python -m docs.links FOLDER`: whether every internal link of a built site leads somewhere.

Of each page every href and src to a file of the site is looked up, and every anchor among the ids
of the page that it names. What leads nowhere is printed, and the exit code is 1.
"""

import sys
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class _Page(HTMLParser):
    """Links and ids of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links, self.ids = list[str](), set[str]()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element links to, and its id."""
        told = {name: value for name, value in attrs if value is not None}
        self.links += [told[name] for name in ("href", "src") if name in told]
        self.ids |= {told[name] for name in ("id", "name") if name in told}


@cache
def _read(path: Path) -> _Page:
    return _Page(path.read_text())


def broken(folder: Path) -> Iterator[str]:
    """Internal links that lead nowhere, with the pages that have them."""
    for path in sorted(folder.rglob("*.html")):
        for link in _read(path).links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            to = (path.parent / unquote(parts.path)).resolve() if parts.path else path.resolve()
            to = to / "index.html" if to.is_dir() else to
            anchor = unquote(parts.fragment)
            known = not anchor or to.suffix != ".html"
            if not to.is_file() or not (known or anchor in _read(to).ids):
                yield f"{path.relative_to(folder)}: {link}"


def main(folder: Path) -> int:
    """Print what is broken.

    Returns:
        1 where there is any, else 0.
    """
    found = list(broken(folder))
    print("\n".join(found) or f"every internal link of {folder} leads somewhere")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
