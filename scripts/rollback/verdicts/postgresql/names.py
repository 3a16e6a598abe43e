"""Names and types in the nodes of the parser."""

from __future__ import annotations

from typing import Any

import postgast

Node = Any  # protobuf messages of postgast, which have no types

_ALIASES = {
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "bool": "boolean",
    "float4": "real",
    "float8": "double precision",
    "bpchar": "char",
    "timestamptz": "timestamp with time zone",
    "timetz": "time with time zone",
}
_DROPPED = {
    "OBJECT_MATVIEW": "materialized view",
    "OBJECT_FOREIGN_TABLE": "foreign table",
    "OBJECT_TSCONFIGURATION": "text search configuration",
}


def type_name(node: Node) -> str:
    """Return "varchar(20)", "integer", "text[]"."""
    name = joined(node.names).removeprefix("pg_catalog.")
    sizes = [str(item.a_const.ival.ival) for item in node.typmods if item.HasField("a_const")]
    if name == "bpchar" and not sizes:
        sizes = ["1"]
    size = f"({','.join(sizes)})" if sizes else ""
    return f"{_ALIASES.get(name, name)}{size}{'[]' if node.array_bounds else ''}"


def relation(node: Node) -> str:
    schema = "" if node.schemaname in ("", "public") else f"{node.schemaname}."
    return f"{schema}{node.relname}"


def joined(nodes: Node) -> str:
    parts = [item.string.sval for item in nodes]
    return ".".join(parts[1:] if parts[:1] == ["public"] else parts)


def object_name(node: Node) -> str:
    """Return the name of a dropped or renamed object, whatever kind of node holds it."""
    if node.WhichOneof("node") is None:
        return ""
    holder = inner(node)
    for field in ("items", "objname", "names"):
        if hasattr(holder, field):
            return joined(getattr(holder, field))
    return str(holder.sval) if hasattr(holder, "sval") else "?"


def new_name(statement: Node) -> str:
    """Return the name of something new, or "" where its node has none of the usual fields."""
    for field in ("typevar", "sequence", "relation"):
        if hasattr(statement, field):
            return relation(getattr(statement, field))
    for field in ("domainname", "defnames", "type_name"):
        if hasattr(statement, field):
            return joined(getattr(statement, field))
    for field in ("schemaname", "extname", "pubname"):
        if hasattr(statement, field):
            return str(getattr(statement, field))
    return ""


def inner(node: Node) -> Node:
    return getattr(node, node.WhichOneof("node"))


def word(kind: str) -> str:
    return _DROPPED.get(kind, kind.removeprefix("OBJECT_").lower().replace("_", " "))


def object_type(name: str) -> int:
    return int(postgast.pg_query_pb2.ObjectType.Value(name))
