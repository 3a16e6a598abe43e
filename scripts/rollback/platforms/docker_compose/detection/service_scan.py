"""Read a compose file's services by indentation: fast, and enough to recognise them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_KEY = re.compile(r"( *)(?:\"([^\"]+)\"|'([^']+)'|([\w.${}:-]+?))\s*:(?:\s+(.*))?$")
_IMAGE = re.compile(
    r"^\s*[\"']?image[\"']?\s*:\s*(?:&\S+\s+)?[\"']?((?:\$\{[^}]*\}|[^\s\"',}])+)|[{,]\s*image\s*:\s*[\"']?([^\s\"',}]+)",
    re.MULTILINE,
)
_BUILD = re.compile(r"(?:^\s+|[{,]\s*)[\"']?(?:build|dockerfile)[\"']?\s*:", re.MULTILINE)
_ANCHOR = re.compile(r"^( *)(?:- )?[^#]*?&([\w-]+)\s*(.*)$")


class Service(NamedTuple):
    """`text` is the service's own lines, and those it refers to by alias, without comments."""

    name: str
    image: str
    built: bool
    text: str


def services(text: str) -> list[Service]:
    """Return the services in file order; the first format has them at the top level."""
    kept = (
        re.sub(r"\s#.*$", "", line).rstrip()
        for line in text.expandtabs(2).splitlines()
        if not line.lstrip().startswith("#")
    )
    lines = [line for line in kept if line]
    anchors = _anchors(lines)
    return [_service(name, block, anchors) for name, block in _children(_section(lines))]


def _section(lines: list[str]) -> list[str]:
    """Return the lines below `services:`; without that key all lines (format 1)."""
    for number, line in enumerate(lines):
        if re.match(r"[\"']?services[\"']?\s*:", line):
            rest = lines[number + 1 :]
            end = next(
                (index for index, later in enumerate(rest) if not later.startswith((" ", "-"))),
                len(rest),
            )
            return rest[:end]
    return lines if any(re.match(r" +(?:image|build)\s*:", line) for line in lines) else []


def _children(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    depth = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
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


def _anchors(lines: list[str]) -> dict[str, str]:
    """Return anchor -> the rest of its line and the deeper lines below it."""
    anchors: dict[str, str] = {}
    for number, line in enumerate(lines):
        if "&" in line and (anchor := _ANCHOR.match(line)):
            depth, below = len(anchor[1]), list[str]()
            for later in lines[number + 1 :]:
                if len(later) - len(later.lstrip()) <= depth:
                    break
                below.append(later)
            anchors[anchor[2]] = "\n".join([anchor[3], *below])
    return anchors


def _service(name: str, block: list[str], anchors: dict[str, str]) -> Service:
    lines = "\n".join(block)
    text = "\n".join(
        [lines, *(anchors.get(alias, "") for alias in re.findall(r"\*([\w-]+)", lines))]
    )
    match = _IMAGE.search(text)
    image = (match[1] or match[2]) if match else ""
    image = anchors[image[1:]].strip("\"' ") if image[:1] == "*" and image[1:] in anchors else image
    return Service(name, image, bool(_BUILD.search(text)), text)
