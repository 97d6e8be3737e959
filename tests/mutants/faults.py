"""Small faults of the library, one at a time: an operator, number, condition, keyword or call.

The sample depends on nothing but the source and SEED.
"""

import ast
import copy
import hashlib
import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

N_MUTANTS, SEED = 200, 13
GROUPS = {
    "metrics": "superpos/metrics/*.py",
    "random": "superpos/random/*.py",
    "losses": "superpos/losses/*.py",
    "data": "superpos/data/*.py",
    "store": "superpos/store/folder.py",
    "grid": "superpos/store/grid.py",
    "train": "superpos/train/*.py",
    "engine": "superpos/engine/*.py",
}
"""Sampled in turn, so that a large folder does not crowd out a small one."""
SWAPS = {
    **{ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt},
    **{ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is},
    **{ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And},
    **{ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult},
    **{ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult},
    **{ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd},
    **{ast.LShift: ast.RShift, ast.RShift: ast.LShift},
}  # fmt: skip


class Mutant(NamedTuple):
    """One fault: where it is, the lines of its statement, what it does, and the whole new file."""

    group: str
    file: str
    lines: range
    change: str
    source: str

    def __str__(self) -> str:
        """Where and what, on one line."""
        return f"{self.file}:{self.lines[0]}: {self.change}"

    @property
    def id(self) -> str:
        """What no other mutant is called."""
        return f"{self} {hashlib.sha256(self.source.encode()).hexdigest()[:8]}"


def changes_of(node: ast.AST) -> Iterator[ast.AST]:
    """The faulty nodes that may stand for a node."""
    new = copy.deepcopy(node)
    match new:
        case ast.Compare(ops=[op, *_]) if type(op) in SWAPS:
            new.ops[0] = SWAPS[type(op)]()
            yield new
        case ast.BinOp(op=op) | ast.BoolOp(op=op) | ast.AugAssign(op=op) if type(op) in SWAPS:
            new.op = SWAPS[type(op)]()
            yield new
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield operand
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield ast.Constant(value + 1)
        case ast.Constant(value=float(value)):
            yield ast.Constant(2 * value or 1.0)
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
            new.test = ast.UnaryOp(ast.Not(), test)
            yield new
        case ast.Expr(value=ast.Call()):
            yield ast.Pass()
        case ast.Call(keywords=keywords):
            for at in range(len(keywords)):
                fewer = copy.deepcopy(new)
                del fewer.keywords[at]
                yield fewer


def sites(tree: ast.AST, statement: ast.stmt | None = None) -> Iterator[tuple]:
    """(parent, field, index, node, its statement): where a node may be replaced."""
    for field, value in ast.iter_fields(tree):
        if field in ("annotation", "returns", "decorator_list", "type_params", "exc"):
            continue  # types, and what a message says
        for index, node in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(node, ast.AST) and not isinstance(node, ast.JoinedStr):
                inside = node if isinstance(node, ast.stmt) else statement
                yield tree, field, index if isinstance(value, list) else None, node, inside
                yield from sites(node, inside)


class Change(NamedTuple):
    """A node that may stand for another, its place in the tree, and the lines of its statement."""

    parent: ast.AST
    field: str
    index: int | None
    node: ast.AST
    new: ast.AST
    lines: range


def changes_in(tree: ast.AST) -> Iterator[Change]:
    """Every change of a file, in its order."""
    for parent, field, index, node, statement in sites(tree):
        for new in changes_of(node):
            yield Change(parent, field, index, node, new, _lines(statement))


def _lines(statement: ast.stmt) -> range:
    """The lines of a statement; of one that holds others, those before the first."""
    inner = getattr(statement, "body", None)
    end = inner[0].lineno if inner else statement.end_lineno + 1
    return range(statement.lineno, max(end, statement.lineno + 1))


def applied(group: str, file: str, tree: ast.AST, change: Change) -> Mutant:
    """The mutant of a change; the tree is as before afterwards."""
    _put(change, change.new)
    source = ast.unparse(ast.fix_missing_locations(tree))
    _put(change, change.node)
    before, after = (ast.unparse(each).splitlines()[0] for each in (change.node, change.new))
    return Mutant(group, file, change.lines, f"{before}  ->  {after}", source)


def _put(change: Change, node: ast.AST) -> None:
    if change.index is None:
        setattr(change.parent, change.field, node)
    else:
        getattr(change.parent, change.field)[change.index] = node


def sample(root: Path) -> list[Mutant]:
    """The same N_MUTANTS for the same source, from each group in turn."""
    taken: set[Path] = set()
    queues = []
    for group, pattern in GROUPS.items():
        files = [path for path in sorted(root.glob(pattern)) if path not in taken]
        taken |= set(files)
        trees = {str(path.relative_to(root)): ast.parse(path.read_text()) for path in files}
        found = [(group, file, tree, c) for file, tree in trees.items() for c in changes_in(tree)]
        random.Random(f"{SEED} {group}").shuffle(found)
        queues.append(found)
    chosen: list[Mutant] = []
    while len(chosen) < N_MUTANTS:
        chosen += [applied(*queue.pop()) for queue in queues if queue]
    return chosen[:N_MUTANTS]
