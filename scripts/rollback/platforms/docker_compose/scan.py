"""The services of a compose file, read by its indentation: enough to tell a deployment from a developer's helpers, and fast."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_KEY = re.compile(r"( *)(?:\"([^\"]+)\"|'([^']+)'|([\w.${}:-]+?))\s*:(?:\s+(.*))?$")


class Service(NamedTuple):
    """`text` is the service's own lines, without comments."""

    name: str
    image: str
    built: bool
    text: str


def services(text: str) -> list[Service]:
    """In the order of the file. A file of the first format has its services at the top."""
    lines = [line.rstrip() for line in text.expandtabs(2).splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return [_service(name, block) for name, block in _children(_section(lines))]


def _section(lines: list[str]) -> list[str]:
    """The lines below `services:`; without it, all of them (format 1)."""
    for number, line in enumerate(lines):
        if re.match(r"[\"']?services[\"']?\s*:", line):
            rest = lines[number + 1 :]
            end = next((index for index, later in enumerate(rest) if not later.startswith((" ", "-"))), len(rest))
            return rest[:end]
    return lines if any(re.match(r" +(?:image|build)\s*:", line) for line in lines) else []


def _children(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    if not lines:
        return
    depth = len(lines[0]) - len(lines[0].lstrip())
    name, block = "", list[str]()
    for line in lines:
        key = _KEY.match(line)
        if key and len(key[1]) == depth:
            if name:
                yield name, block
            name, block = key[2] or key[3] or key[4] or "", [f"  {key[5]}"] if key[5] else []
        else:
            block.append(line)
    if name:
        yield name, block


def _service(name: str, block: list[str]) -> Service:
    text = "\n".join(re.sub(r"\s#.*$", "", line) for line in block)
    image = re.search(r"(?:^|[{,])\s*[\"']?image[\"']?\s*:\s*[\"']?([^\s\"',}]*(?:\$\{[^}]*\})?[^\s\"',]*)", text, re.MULTILINE)
    built = re.search(r"^\s+[\"']?(?:build|dockerfile)[\"']?\s*:", text, re.MULTILINE)
    return Service(name, image[1] if image else "", bool(built), text)
