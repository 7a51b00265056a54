"""Every rule by its name, what it looks at and the codes of what it finds.

The codes are read from the rules' sources, so that no list of them gets old.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from types import ModuleType

CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
ARGUMENTS = {"Finding": 2, "finding": 1}  # where a call has its code


@dataclass(frozen=True)
class Entry:
    """A rule: where it stands, what it looks at, its findings' codes."""

    place: str
    looks_at: str
    codes: tuple[str, ...]


def entry(rule: Callable) -> Entry:
    """What a rule says of itself."""
    module = inspect.getmodule(rule)
    place = f"{module.__name__.removeprefix('press.checks.')}.{rule.__name__}"
    return Entry(place, summary(rule), tuple(sorted(_reached(module, rule.__name__))))


def summary(thing: Callable | ModuleType) -> str:
    """The first paragraph of a docstring, without its full stop."""
    told = (inspect.getdoc(thing) or "").split("\n\n")[0]
    return " ".join(told.split()).removesuffix(".")


@cache
def _functions(module: ModuleType) -> dict[str, ast.FunctionDef]:
    tree = ast.parse(inspect.getsource(module))
    return {n.name: n for n in tree.body if isinstance(n, ast.FunctionDef)}


def _reached(module: ModuleType, name: str) -> set[str]:
    """The codes of a function and of all that it names in its module."""
    functions, waiting, seen = _functions(module), [name], set()
    while waiting:
        name = waiting.pop()
        if name in functions and name not in seen:
            seen.add(name)
            waiting += _named(functions[name])
    return {code for name in seen for code in _codes(functions[name], functions)}


def _named(function: ast.FunctionDef) -> set[str]:
    """The names that a function reads and doesn't give."""
    names = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
    given = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    return {node.id for node in names} - given


def _codes(
    function: ast.FunctionDef, functions: dict[str, ast.FunctionDef]
) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            at = _argument(node.func, functions)
            if at is not None:
                plain = [one for one in node.args if not isinstance(one, ast.Starred)]
                at -= 2 * (len(node.args) - len(plain))  # a place is path and line
                yield from _constants(plain[at])
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                yield from _assigned(target, node.value)


def _argument(called: ast.expr, functions: dict[str, ast.FunctionDef]) -> int | None:
    """Which argument of a call is a code, if one is."""
    name = getattr(called, "id", getattr(called, "attr", ""))
    if name not in ARGUMENTS and name in functions:
        names = [argument.arg for argument in functions[name].args.args]
        return names.index("code") if "code" in names else None
    return ARGUMENTS.get(name)


def _assigned(target: ast.expr, value: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, given in zip(target.elts, value.elts, strict=False):
            yield from _assigned(one, given)
    elif isinstance(target, ast.Name) and target.id == "code":
        yield from _constants(value)


def _constants(value: ast.expr) -> Iterator[str]:
    """The codes that an expression may be; `…` stands for a part of one."""
    if isinstance(value, ast.JoinedStr):
        parts = (p.value if isinstance(p, ast.Constant) else "…" for p in value.values)
        yield "".join(parts)
    elif isinstance(value, ast.IfExp):
        yield from _constants(value.body)
        yield from _constants(value.orelse)
    elif isinstance(value, ast.Constant) and CODE.fullmatch(str(value.value)):
        yield value.value
