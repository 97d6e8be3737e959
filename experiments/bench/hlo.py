"""The kernels of an update, read from the text of a compiled program (HLO)."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

NO_KERNEL = {"parameter", "constant", "tuple", "get-tuple-element", "bitcast", "after-all"}
"""Operations that launch nothing."""
LOOPS = {"while", "conditional"}
TRITON = re.compile(r'"kind":"__triton')
ARRAY = re.compile(r"\b([a-z]+)(\d*)\w*\[([\d,]*)\]")
COMMENT = re.compile(r"/\*.*?\*/")


class Kernel(NamedTuple):
    """One launch.

    Attributes:
        name: that the compiler gave it.
        n_bytes: of all arrays that it reads and writes, each once; of one that it only takes slices
            of at a place that is computed, as of the keys of all updates, those.
        product: who multiplies matrices in it, "Triton" or "library"; "" where nothing does.
    """

    name: str
    n_bytes: int
    product: str = ""


class _Line(NamedTuple):
    name: str
    shape: str
    operation: str
    inside: str
    rest: str

    @property
    def operands(self) -> list[str]:
        return re.findall(r"%([\w.-]+)", self.inside)


def kernels_of_update(text: str) -> list[Kernel]:
    """The kernels in the body of the loop of a program; of the longest body where there are more.

    Args:
        text: of a compiled program, as `as_text` gives it.

    Raises:
        ValueError: the program has no loop, or the body has one of its own, whose rounds the text
            does not tell.
    """
    computations = dict(_computations(text))
    bodies = re.findall(r"\bbody=%?([\w.-]+)", text)
    if not bodies:
        raise ValueError("the program: expected one with a loop")
    return max((list(_kernels(name, computations)) for name in bodies), key=len)


def n_bytes(shape: str) -> int:
    """Bytes of a shape such as "f32[10,5]{1,0}", or of a tuple of such."""
    total = 0
    for kind, bits, sizes in ARRAY.findall(shape):
        width = 8 if kind == "pred" else int(bits or 0)
        total += math.ceil(width * math.prod(int(size) for size in sizes.split(",") if size) / 8)
    return total


def _computations(text: str) -> Iterator[tuple[str, list[str]]]:
    """The computations of a program by name, with their lines."""
    lines: list[str] = []
    for line in COMMENT.sub("", text).splitlines():
        if opened := re.match(r"(?:ENTRY )?%?([\w.-]+) \(.*\{$", line):
            lines = []
            yield opened[1], lines
        elif line.startswith("  ") and " = " in line:
            lines.append(line.strip().removeprefix("ROOT "))


def _parsed(line: str) -> _Line:
    """An instruction, `%name = shape operation(operands), attributes`."""
    name, _, rest = line.partition(" = ")
    end = _closing(rest, 0) + 1 if rest.startswith("(") else rest.index(" ")
    shape, call = rest[:end], rest[end:].strip()
    begin = call.index("(")
    close = _closing(call, begin)
    return _Line(name.lstrip("%"), shape, call[:begin], call[begin + 1 : close], call[close:])


def _closing(text: str, begin: int) -> int:
    """Where the parenthesis ends that begins somewhere."""
    depth = 0
    for place in range(begin, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place
    raise ValueError(f"{text[:60]}: expected a parenthesis that is closed")


def _kernels(name: str, computations: Mapping[str, list[str]]) -> Iterator[Kernel]:
    lines = [_parsed(line) for line in computations[name]]
    sizes = {line.name: n_bytes(line.shape) for line in lines}
    for line in lines:
        if line.operation in LOOPS:
            raise ValueError(f"{line.name}: expected no loop within the loop of updates")
        if line.operation == "call":  # such as of kernels that are recorded and replayed together
            [called] = re.findall(r"to_apply=%?([\w.-]+)", line.rest)
            yield from _kernels(called, computations)
        elif line.operation not in NO_KERNEL and not line.operation.endswith("-done"):
            if line.operation == "fusion":
                [called] = re.findall(r"calls=%?([\w.-]+)", line.rest)
                read = _read([_parsed(each) for each in computations[called]])
            else:
                read = (sizes[each] for each in line.operands)
            yield Kernel(line.name, sizes[line.name] + sum(read), _product(line))


def _read(fused: Sequence[_Line]) -> Iterator[int]:
    """Bytes that a fusion reads of each operand."""
    for parameter in (line for line in fused if line.operation == "parameter"):
        uses = [line for line in fused if parameter.name in line.operands]
        sliced = all(
            use.operation == "dynamic-slice" and use.operands[0] == parameter.name for use in uses
        )
        whole = n_bytes(parameter.shape)
        yield min(whole, sum(n_bytes(use.shape) for use in uses)) if sliced else whole


def _product(line: _Line) -> str:
    if TRITON.search(line.rest):
        return "Triton"
    return "library" if re.search(r'custom_call_target="__cu(blas|dnn)', line.rest) else ""
