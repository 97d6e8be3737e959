"""Sentences with plain mathematics, as claims and captions have it, in HTML."""

import re

from markupsafe import Markup, escape

SIGNS = {" <= ": " ≤ ", " >= ": " ≥ ", " << ": " ≪ ", " >> ": " ≫ "}
MINUS = re.compile(r"(?<![\w)])-(?=\d|\(|log)|(?<=\^)-(?=\w)")
SUBSCRIPT = re.compile(
    r"(?<![A-Za-z0-9_])([^\W\d_])_(?:\{([^{}]+)\}|([A-Za-z0-9]{1,3})(?![A-Za-z0-9_]))"
)
LOGARITHM = re.compile(r"\blog(2|10)\b")
POWER = re.compile(r"\^(?:\(([^()]+)\)|(−?(?:\([^()]+\)|\d+(?:\.\d+)?|[^\W\d_]+)))")


def typeset(text: str) -> Markup:
    """Escape a text, and set what is written as W_i, W_{ij}, 2^n, m^(2/3), log2, <=, -1 and `code`.

    Only what follows a single letter is a subscript: token_alone and digits_8 stay.
    """
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return _mathematics(text)
    codes = [Markup("<code>{}</code>").format(part) for part in parts[1::2]]
    parts[::2], parts[1::2] = map(_mathematics, parts[::2]), codes
    return Markup().join(parts)


def _mathematics(text: str) -> Markup:
    for plain, sign in SIGNS.items():
        text = text.replace(plain, sign)
    html = str(escape(MINUS.sub("−", text)))
    html = SUBSCRIPT.sub(lambda found: f"{found[1]}<sub>{found[2] or found[3]}</sub>", html)
    html = LOGARITHM.sub(r"log<sub>\1</sub>", html)
    return Markup(POWER.sub(lambda found: f"<sup>{found[1] or found[2]}</sup>", html))
