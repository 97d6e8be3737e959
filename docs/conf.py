"""How Sphinx builds the site: `make docs`."""

import re
from pathlib import Path
from typing import Any

from docutils import nodes

from docs import pages
from superpos import __version__

project = "superpos"
release = __version__
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
pygments_dark_style = "a11y-high-contrast-dark"  # no line under modules, as if they were links
html_title = "superpos"
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False

default_role = "code"
autodoc_typehints = "none"
autodoc_member_order = "bysource"
napoleon_numpy_docstring = False
napoleon_use_ivar = True

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
nb_merge_streams = True
nb_execution_mode = "off"  # outputs are committed; `make notebooks` makes them anew

html_static_path = ["static"]
html_css_files = ["site.css"]


def setup(app: Any) -> None:
    """Write the pages that are made, and read docstrings as plain text with `code`."""
    pages.write_all(Path(app.srcdir) / "made")
    app.connect("autodoc-process-docstring", _escape, priority=0)
    app.connect("autodoc-process-docstring", _shorten, priority=1000)
    app.connect("autodoc-skip-member", _is_made)
    app.add_role("measured", _measured)


def _escape(app: Any, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
    """Docstrings are no markup: only what is between backticks is set as code."""
    if what == "data" and lines[:1] == (type(value).__doc__ or "").splitlines()[:1]:
        lines.clear()  # of a tuple, say: it is not what the constant is
    for at, line in enumerate(lines):
        parts = re.split(r"(`[^`]*`)", line)
        parts[::2] = [re.sub(r"([*|\\]|_(?!\w))", r"\\\1", part) for part in parts[::2]]
        parts[::2] = [part.replace("<=", "≤").replace(">=", "≥") for part in parts[::2]]
        lines[at] = "".join(parts)
    for at, line in enumerate(lines):
        if at == 0 and what == "data" or at > 0 and lines[at - 1] in ("Returns:", "Yields:"):
            text = line.lstrip()  # a colon ends no type here: Napoleon finds an empty one
            lines[at] = f"{line.removesuffix(text)}: {text}"


def _shorten(app: Any, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
    """Types of attributes by the names that a user writes."""
    for at, line in enumerate(lines):
        line = line.replace("jax.jaxlib._jax.Array", "jax.Array")
        lines[at] = line.replace("collections.abc.", "")


def _is_made(app: Any, what: str, name: str, value: Any, skip: bool, options: Any) -> bool | None:
    """What Python or flax adds to a class is left out: the docstring of the class tells of it."""
    made = ("Alias for field number", "Returns a new object replacing the specified fields")
    return True if (value.__doc__ or "").strip().startswith(made) else None


def _measured(name: str, raw: str, text: str, *_: Any) -> Any:
    """{measured}`elhage/intro/pentagon` is what a run that is kept measured for the claim."""
    return [nodes.Text(pages.claim_text(text))], []
