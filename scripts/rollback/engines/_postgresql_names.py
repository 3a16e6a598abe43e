"""Names and texts as PostgreSQL's SQL has them."""

from __future__ import annotations


def quoted(*names: str) -> str:
    """Return a name, or a schema and a name, as SQL."""
    return ".".join(f'"{name.replace(chr(34), chr(34) * 2)}"' for name in names if name)


def literal(text: str) -> str:
    """Return a text as SQL."""
    return f"'{text.replace(chr(39), chr(39) * 2)}'"
