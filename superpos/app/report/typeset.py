"""Plain mathematics, as sentences of claims have it, in HTML: subscripts, powers and relations."""

import re

from markupsafe import Markup, escape

SIGNS = {" <= ": " ≤ ", " >= ": " ≥ ", " << ": " ≪ ", " >> ": " ≫ "}
MINUS = re.compile(r"(?<![\w)])-(?=[\d(])|(?<=\^)-(?=\w)")
SUBSCRIPT = re.compile(
    r"(?<![A-Za-z0-9_])([^\W\d_])_(?:\{([^{}]+)\}|([A-Za-z0-9]{1,3})(?![A-Za-z0-9_]))"
)
POWER = re.compile(r"\^(?:\(([^()]+)\)|(−?(?:\([^()]+\)|\d+(?:\.\d+)?|[^\W\d_]+)))")


def typeset(text: str) -> Markup:
    """Escape a text, and set what is written as W_i, W_{ij}, 2^n, m^(2/3), <= and -1.

    Only what follows a single letter is a subscript: `token_alone` and `digits_8` stay.
    """
    for plain, sign in SIGNS.items():
        text = text.replace(plain, sign)
    html = str(escape(MINUS.sub("−", text)))
    html = SUBSCRIPT.sub(lambda found: f"{found[1]}<sub>{found[2] or found[3]}</sub>", html)
    return Markup(POWER.sub(lambda found: f"<sup>{found[1] or found[2]}</sup>", html))
