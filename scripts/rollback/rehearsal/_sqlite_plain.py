"""Texts of SQLite's catalogue, which keeps a statement as somebody wrote it."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"""('(?:[^']|'')*')|"(\w+)"|`(\w+)`|\[([^\W\d]\w*)\]""")


def plain(definition: str) -> str:
    """Return a text without quotes of plain names, and without case outside of texts."""
    parts, end = [], 0
    for token in _TOKEN.finditer(definition):
        parts += [definition[end : token.start()].lower(), _plain(token)]
        end = token.end()
    return "".join([*parts, definition[end:].lower()])


def _plain(token: re.Match[str]) -> str:
    text, *names = token.groups()
    return text or next(name.lower() for name in names if name)
