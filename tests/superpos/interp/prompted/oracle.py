"""What a language model would say that does exactly as an explanation of one token says."""

import json
import math
import re
from collections import Counter
from typing import Any

from tests.superpos.interp.server import Reply, chat

EXPLAINED = re.compile(r"^Explanation: the token '(.*)'$", re.MULTILINE)
LINE = re.compile(r"^[0-9]+\. (.*)$", re.MULTILINE)
MARKED = re.compile("<<(.*?)>>")


def oracle(value: Any) -> Reply:
    """Names the piece that is marked most often, and judges and foretells by it."""
    system, asked = (message["content"] for message in value["messages"])
    lines = LINE.findall(asked)
    if "Find what" in system:
        [(piece, _)] = Counter(MARKED.findall(asked)).most_common(1)
        return chat(f"They are all alike.\nExplanation: the token '{piece}'")
    [token] = EXPLAINED.findall(asked)
    if "Foretell" in system:
        told = [f"{number}: 10" for number, line in enumerate(lines, 1) if line == token]
        return chat("\n".join(told) or "none")
    fits = [int(is_meant(token, line)) for line in lines]
    if "top_logprobs" in value:
        [yes] = fits
        return chat(str(yes), {str(yes): math.log(0.9), str(1 - yes): math.log(0.1)})
    return chat(f"Here they are.\n{json.dumps(fits)}")


def is_meant(token: str, line: str) -> bool:
    """Whether all that is marked is the token, or it is in the line where nothing is."""
    marked = MARKED.findall(line)
    return all(piece.replace(token, "") == "" for piece in marked) if marked else token in line


def without_a_word(value: Any) -> Reply:
    """Ends before it says anything, as where it reasons for longer than it may."""
    return chat(None, {"Let": -0.1})


def without_an_answer(value: Any) -> Reply:
    """Talks, of the right length and with the right digits, but not in the form that is asked."""
    return chat("1, 0, 1: I think", {"yes": -0.1, "no": -2.0})
