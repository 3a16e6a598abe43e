"""Migrations that are JavaScript or TypeScript: parsed by tree-sitter, never run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

import tree_sitter_typescript
from tree_sitter import Language, Node, Parser

from rollback.migrations._calls import Call, Code, Function, code, computed, line, named, text

_LANGUAGE = Language(tree_sitter_typescript.language_typescript())
_FUNCTIONS = (
    "arrow_function",
    "function_declaration",
    "function_expression",
    "method_definition",
)
_THROUGH = (
    "as_expression",
    "await_expression",
    "expression_statement",
    "non_null_expression",
    "parenthesized_expression",
    "return_statement",
    "satisfies_expression",
)


class Source:
    """A file: its functions, and how its nodes become calls and values."""

    def __init__(self, content: str) -> None:
        self.root = Parser(_LANGUAGE).parse(content.encode()).root_node
        self.broken = self.root.has_error
        self.names: dict[str, Any] = {}
        for node in named(self.root):
            self.assign(node)

    def assign(self, node: Node) -> bool:
        """Remember `const name = literal`; return whether the statement is nothing else."""
        if node.type not in ("lexical_declaration", "variable_declaration"):
            return False
        values = []
        for item in named(node):
            name, value = item.child_by_field_name("name"), item.child_by_field_name("value")
            if name is None or value is None:
                return False
            known = self.value(value)
            self.names[text(name)] = known
            values.append(known)
        return not any(isinstance(value, Code | Function) for value in values)

    def exported(self, name: str) -> Function | None:
        """Return the function `up` or `down`, however the file exports it."""
        waiting = [self.root]
        while waiting:
            node = waiting.pop(0)
            if (function := _named(node, name)) is not None:
                return self.function(function)
            if node.type not in _FUNCTIONS:
                waiting += node.named_children
        return None

    def function(self, node: Node) -> Function:
        names = node.child_by_field_name("parameters") or node.child_by_field_name("parameter")
        listed = [names] if names is not None and names.type == "identifier" else named(names)
        parameters = [
            text(item.child_by_field_name("pattern") or item).partition(":")[0] for item in listed
        ]
        body = node.child_by_field_name("body")
        if body is None:
            return Function(parameters, [])
        return Function(parameters, named(body) if body.type == "statement_block" else [body])

    def call(self, node: Node) -> Call:
        """Return the call of a statement or an expression. Raises Computed for anything else."""
        node = _inside(node)
        if node.type != "call_expression":
            raise computed(node)
        function = node.child_by_field_name("function")
        arguments = node.child_by_field_name("arguments")
        if function is None or arguments is None or arguments.type != "arguments":
            raise computed(node)
        function = _inside(function)
        if function.type == "member_expression":
            owner = _inside(function.child_by_field_name("object") or function)
            name = function.child_by_field_name("property")
            place = self.call(owner) if owner.type == "call_expression" else text(owner)
            call = Call(text(name) if name else "", place, [], {}, line(node), text(node))
        else:
            call = Call(text(function), None, [], {}, line(node), text(node))
        for item in named(arguments):
            call.is_open |= item.type == "spread_element"
            call.values.append(self.value(item))
        return call

    def value(self, node: Node) -> Any:
        """Return a literal, a Function or Code."""
        node = _inside(node)
        match node.type:
            case "string" | "template_string":
                return self._string(node)
            case "number":
                return _number(node)
            case "true" | "false":
                return node.type == "true"
            case "null" | "undefined":
                return None
            case "array":
                return [self.value(item) for item in named(node)]
            case "object":
                return self._object(node)
            case "binary_expression" if "+" in [text(item) for item in node.children]:
                return self._sum(node)
            case "identifier":
                return self.names.get(text(node), code(node))
            case _ if node.type in _FUNCTIONS:
                return self.function(node)
        return code(node)

    def _string(self, node: Node) -> str | Code:
        parts = []
        for item in named(node):
            if item.type == "string_fragment":
                parts.append(text(item))
            elif item.type == "escape_sequence":
                parts.append(_escape(text(item)))
            elif item.type == "template_substitution":
                value = self.value(named(item)[0]) if named(item) else None
                if not isinstance(value, str):
                    return code(node)
                parts.append(value)
        return "".join(parts)

    def _sum(self, node: Node) -> str | Code:
        left, right = (node.child_by_field_name(side) for side in ("left", "right"))
        values = [self.value(side) for side in (left, right) if side is not None]
        if len(values) == 2 and all(isinstance(value, str) for value in values):
            return "".join(values)
        return code(node)

    def _object(self, node: Node) -> dict[str, Any] | Code:
        pairs = {}
        for item in named(node):
            key, value = item.child_by_field_name("key"), item.child_by_field_name("value")
            if item.type == "shorthand_property_identifier":
                pairs[text(item)] = self.names.get(text(item), code(item))
                continue
            if item.type != "pair" or key is None or value is None:
                return code(node)
            pairs[text(key).strip("\"'`")] = self.value(value)
        return pairs


def _named(node: Node, wanted: str) -> Node | None:
    fields = {
        "assignment_expression": ("left", "right"),
        "variable_declarator": ("name", "value"),
        "pair": ("key", "value"),
        "public_field_definition": ("name", "value"),
    }
    if node.type in ("function_declaration", "method_definition"):
        name = node.child_by_field_name("name")
        return node if name is not None and text(name) == wanted else None
    if node.type not in fields:
        return None
    left, right = (node.child_by_field_name(field) for field in fields[node.type])
    if left is None or right is None or text(left).rpartition(".")[2].strip("\"'") != wanted:
        return None
    return right if right.type in _FUNCTIONS else None


def flat(body: list[Node]) -> Iterator[Node]:
    """Yield statements; those of a try whose catch only undoes, and of Promise.all, lie flat."""
    for node in body:
        if node.type == "try_statement" and _only_undoes(node.child_by_field_name("handler")):
            yield from flat(named(node.child_by_field_name("body")))
        elif (listed := _all_of(_inside(node))) is not None:
            yield from listed
        else:
            yield node


def _only_undoes(handler: Node | None) -> bool:
    body = named(handler.child_by_field_name("body")) if handler is not None else []
    return all(
        item.type == "throw_statement" or re.search(r"\.rollback\(|^console\.", text(item))
        for item in body
    )


def _all_of(node: Node) -> list[Node] | None:
    """Return the items of Promise.all([...])."""
    function = node.child_by_field_name("function") if node.type == "call_expression" else None
    values = named(node.child_by_field_name("arguments"))
    if function is None or text(function) != "Promise.all" or len(values) != 1:
        return None
    return named(values[0]) if values[0].type == "array" else None


def _inside(node: Node) -> Node:
    """Return what await, return, brackets and type assertions are about."""
    while node.type in _THROUGH and named(node):
        node = named(node)[0]
    return node


def _number(node: Node) -> int | float | Code:
    try:
        value = ast.literal_eval(text(node))
    except (ValueError, SyntaxError):
        return code(node)
    return value if isinstance(value, int | float) else code(node)


def _escape(sequence: str) -> str:
    known = {"\\n": "\n", "\\t": "\t", "\\r": "\r", "\\\n": ""}
    return known.get(sequence, sequence[1:] if len(sequence) == 2 else " ")
