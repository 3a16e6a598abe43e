"""Migrations that are Ruby: parsed by tree-sitter, never run."""

from __future__ import annotations

import textwrap
from typing import Any

import tree_sitter_ruby
from tree_sitter import Language, Node, Parser

from rollback.migrations._calls import Call, Code, Function, code, computed, line, named, text

_LANGUAGE = Language(tree_sitter_ruby.language())
_BLOCKS = ("do_block", "block")
_TIDY = ("squish", "strip", "strip_heredoc", "freeze", "to_s", "to_sym")


class Source:
    """A file: its methods, and how its nodes become calls and values."""

    def __init__(self, content: str) -> None:
        self.root = Parser(_LANGUAGE).parse(content.encode()).root_node
        self.broken = self.root.has_error
        self.names: dict[str, Any] = {}
        self.methods: dict[str, Node] = {}
        self._heredocs = dict(
            zip(
                (node.id for node in _all(self.root, "heredoc_beginning")),
                _all(self.root, "heredoc_body"),
                strict=False,
            )
        )
        for node in _all(self.root, "assignment"):
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if left is not None and right is not None and left.type == "constant":
                self.names[text(left)] = self.value(right)
        for kind in ("method", "singleton_method"):
            for node in _all(self.root, kind):
                self.methods.setdefault(text(_field(node, "name")), node)

    def body(self, method: str) -> list[Node]:
        return named(self.methods[method].child_by_field_name("body"))

    def call(self, node: Node) -> Call:
        """Return the call that a node is. Raises Computed for anything else."""
        if node.type == "identifier":
            return Call(text(node), None, [], {}, line(node), text(node))
        if node.type != "call":
            raise computed(node)
        owner = node.child_by_field_name("receiver")
        receiver = None if owner is None else self._owner(owner)
        name = text(_field(node, "method"))
        call = Call(name, receiver, [], {}, line(node), text(node))
        for item in named(node.child_by_field_name("arguments")):
            self._argument(call, item)
        if (block := node.child_by_field_name("block")) is not None:
            call.block = self._block(block)
        return call

    def _owner(self, node: Node) -> Call | str:
        return self.call(node) if node.type == "call" else text(node)

    def _argument(self, call: Call, node: Node) -> None:
        if node.type == "pair":
            key, value = _field(node, "key"), node.child_by_field_name("value")
            call.options[text(key).strip(":\"'")] = self.value(value) if value else code(node)
        elif node.type in ("splat_argument", "hash_splat_argument", "block_argument"):
            call.is_open = True
        elif node.type == "hash":
            for item in named(node):
                self._argument(call, item)
        else:
            call.values.append(self.value(node))

    def _block(self, node: Node) -> Function:
        parameters = named(node.child_by_field_name("parameters"))
        return Function(
            [text(item) for item in parameters], named(node.child_by_field_name("body"))
        )

    def value(self, node: Node) -> Any:
        """Return a literal, or Code."""
        match node.type:
            case "string" | "chained_string" | "simple_symbol" | "hash_key_symbol":
                return self._string(node)
            case "delimited_symbol" | "bare_string" | "bare_symbol":
                return self._string(node)
            case "integer":
                return int(text(node).replace("_", ""))
            case "true" | "false":
                return node.type == "true"
            case "nil":
                return None
            case "array" | "string_array" | "symbol_array":
                return [self.value(item) for item in named(node)]
            case "hash":
                return self._hash(node)
            case "heredoc_beginning":
                return self._heredoc(node)
            case "constant" | "identifier":
                return self.names.get(text(node), code(node))
            case "call" if text(_field(node, "method")) in _TIDY and _field(node, "receiver"):
                return self.value(_field(node, "receiver"))
        return code(node)

    def _string(self, node: Node) -> str | Code:
        if node.type in ("simple_symbol", "hash_key_symbol"):
            return text(node).strip(":")
        parts = []
        for item in named(node):
            value = text(item) if item.type == "string_content" else self.value(item)
            if not isinstance(value, str):
                return code(node)
            parts.append(value)
        return "".join(parts) if parts or node.type != "bare_string" else text(node)

    def _heredoc(self, node: Node) -> str | Code:
        body = self._heredocs.get(node.id)
        items = [] if body is None else body.named_children
        if any(item.type not in ("heredoc_content", "heredoc_end") for item in items):
            return code(node)
        parts = [text(item) for item in items if item.type == "heredoc_content"]
        return textwrap.dedent("".join(parts))

    def _hash(self, node: Node) -> dict[str, Any]:
        call = Call("", None, [], {}, line(node), text(node))
        for item in named(node):
            self._argument(call, item)
        return call.options


def _field(node: Node, name: str) -> Node:
    """Return a child that the grammar demands."""
    child = node.child_by_field_name(name)
    if child is None:
        raise computed(node)
    return child


def _all(node: Node, kind: str) -> list[Node]:
    """Return all nodes of a kind, in the order of the file."""
    nodes, waiting = [], [node]
    while waiting:
        item = waiting.pop()
        if item.type == kind:
            nodes.append(item)
        waiting += item.children[::-1]
    return nodes
