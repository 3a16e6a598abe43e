"""Migrations that are Python: parsed, never run. Literals have a value, all else is Computed."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from rollback.errors import Computed

Names = dict[str, ast.expr]  # what simple assignments gave a name


def computed(node: ast.AST) -> Computed:
    return Computed(getattr(node, "lineno", 0), ast.unparse(node))


class Call:
    """A call with its arguments by name. `signature` names the positional parameters."""

    def __init__(self, node: ast.Call, names: Names, signature: tuple[str, ...] = ()) -> None:
        self.node, self.names = node, names
        self.owner, _, self.name = dotted(node.func).rpartition(".")
        self.line = node.lineno
        starred = [item for item in node.args if isinstance(item, ast.Starred)]
        unpacked = [item.value for item in node.keywords if item.arg is None]
        self.is_open = bool(starred or unpacked)  # it may have more arguments than are seen here
        self.given: dict[str, ast.expr] = {}
        if not starred:
            self.given.update(zip(signature, node.args, strict=False))
        self.given.update({item.arg: item.value for item in node.keywords if item.arg})

    def node_of(self, name: str) -> ast.expr | None:
        """Return an argument with names replaced by what they stand for."""
        node = self.given.get(name)
        return None if node is None else resolved(node, self.names)

    def value(self, name: str, default: Any = None) -> Any:
        """Return an argument's literal value. Raises Computed."""
        if self.is_open and name not in self.given:
            raise computed(self.node)
        node = self.given.get(name)
        return default if node is None else literal(node, self.names)

    def text(self, name: str) -> str:
        """Return an argument that must be given, as text. Raises Computed."""
        value = self.value(name)
        if not isinstance(value, str):
            raise computed(self.node)
        return value


def parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError, SystemError):
        return None  # SystemError: Python 3.11 now and then, where other threads run


def assigned(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    """Yield what simple assignments give a name to."""
    for statement in body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target: ast.expr = statement.targets[0]
        elif isinstance(statement, ast.AnnAssign):
            target = statement.target
        else:
            continue
        if isinstance(target, ast.Name) and statement.value is not None:
            yield target.id, statement.value


def dotted(node: ast.expr) -> str:
    """Return "sa.Column" of that attribute; "" where its root is no name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        root = dotted(node.value)
        return f"{root}.{node.attr}" if root else node.attr
    return ""


def resolved(node: ast.expr, names: Mapping[str, ast.expr]) -> ast.expr:
    for _ in range(5):
        if not isinstance(node, ast.Name) or node.id not in names:
            break
        node = names[node.id]
    return node


def literal(node: ast.expr, names: Mapping[str, ast.expr]) -> Any:
    """Return the value of constants, and of what is put together from them. Raises Computed."""
    node = resolved(node, names)
    match node:
        case ast.Constant(value):
            return value
        case ast.List(items) | ast.Tuple(items) | ast.Set(items):
            return [literal(item, names) for item in items]
        case ast.JoinedStr(parts):
            return "".join(str(literal(part, names)) for part in parts)
        case ast.FormattedValue(value, -1, None):
            return literal(value, names)
        case ast.BinOp(left, ast.Add(), right):
            return _sum(node, literal(left, names), literal(right, names))
        case ast.Call(ast.Attribute(attr=name), [value], []) if name in ("f", "text", "dedent"):
            return literal(value, names)
        case ast.Call(ast.Attribute(value, "strip"), [], []):
            return str(literal(value, names)).strip()
        case ast.Call(ast.Name("text" | "dedent"), [value], []):
            return literal(value, names)
        case ast.Call(ast.Name("set"), [], []):
            return []
        case ast.UnaryOp(ast.USub(), ast.Constant(int(value))):
            return -value
    raise computed(node)


def _sum(node: ast.AST, left: Any, right: Any) -> Any:
    if type(left) is type(right) and isinstance(left, str | list):
        return left + right
    raise computed(node)
