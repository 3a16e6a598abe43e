"""Read a compose file's services by indentation: fast, and enough to recognise them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from yaml import Node, SafeLoader

_KEY = re.compile(r"( *)(?:\"([^\"]+)\"|'([^']+)'|([\w.${}:-]+?))\s*:(?:\s+(.*))?$")
_IMAGE = re.compile(
    r"^\s*[\"']?image[\"']?\s*:[ \t]*(?:&\S+\s+)?[\"']?((?:\$\{[^}]*\}|[^\s\"',}])+)"
    r"|[{,]\s*image\s*:\s*[\"']?([^\s\"',}]+)",
    re.MULTILINE,
)
_BUILD = re.compile(
    r"(?:^\s+|[{,]\s*)[\"']?(?:build|dockerfile)[\"']?\s*:[ \t]*[\"']?([^\s\"'{#,}]*)", re.MULTILINE
)
_CONTEXT = re.compile(
    r"(?:^\s+|[{,]\s*)[\"']?context[\"']?\s*:[ \t]*[\"']?([^\s\"',}]+)", re.MULTILINE
)
_PROFILES = re.compile(r"^\s*profiles\s*:[ \t]*(\[[^\]]*\]|.*(?:\n\s*-[ \t].*)*)", re.MULTILINE)
_ANCHOR = re.compile(r"^( *)(?:- )?[^#]*?&([\w-]+)\s*(.*)$")
_FLOW = re.compile(r"\A(?:\s*(?:#.*|---.*)?\n)*\s*\{|^[\"']?services[\"']?\s*:\s*\{", re.MULTILINE)
_DEFAULT = re.compile(r"\$\{\w+:?-([^}]*)\}")


class Service(NamedTuple):
    """`text` is the service's own lines, and those it refers to by alias, without comments.

    `context` is the folder it is built in, "" if it is not built. `profiles` are words: with
    any, the service is not started by default.
    """

    name: str
    image: str
    context: str
    profiles: str
    text: str

    @property
    def built(self) -> bool:
        return bool(self.context)


def services(text: str) -> list[Service]:
    """Return the services in file order; the first format has them at the top level."""
    if _FLOW.search(text):
        text = _as_blocks(text)
    kept = (
        re.sub(r"\s#.*$", "", line).rstrip()
        for line in text.expandtabs(2).splitlines()
        if not line.lstrip().startswith("#")
    )
    lines = [line for line in kept if line]
    anchors = _anchors(lines)
    return [_service(name, block, anchors) for name, block in _section(lines)]


def _as_blocks(text: str) -> str:
    """Return JSON or flow style as lines with indentation; "" if it is neither."""
    import yaml

    try:
        found = _untagged()(text).get_single_data().get("services")
        return yaml.safe_dump({"services": found}, sort_keys=False) if found else ""
    except (yaml.YAMLError, AttributeError, RecursionError, ValueError):
        return ""


def _untagged() -> type[SafeLoader]:
    """Return a loader that reads `!override` and `!reset` as the values behind them."""
    from yaml import MappingNode, SafeLoader, ScalarNode, SequenceNode

    class Untagged(SafeLoader):
        pass

    def plain(loader: SafeLoader, _tag: str, node: Node) -> object:
        if isinstance(node, MappingNode):
            return loader.construct_mapping(node, deep=True)
        if isinstance(node, SequenceNode):
            return loader.construct_sequence(node, deep=True)
        return loader.construct_scalar(node) if isinstance(node, ScalarNode) else None

    Untagged.add_multi_constructor("!", plain)
    return Untagged


def _section(lines: list[str]) -> list[tuple[str, list[str]]]:
    """Return the blocks below `services:`; without that key all blocks (format 1)."""
    for number, line in enumerate(lines):
        if re.match(r"[\"']?services[\"']?\s*:", line):
            rest = lines[number + 1 :]
            end = next(
                (index for index, later in enumerate(rest) if not later.startswith((" ", "-"))),
                len(rest),
            )
            return list(_children(rest[:end]))
    return _first_format(lines)


def _first_format(lines: list[str]) -> list[tuple[str, list[str]]]:
    """Return the top level's blocks if each of them is a service, not a file of another kind."""
    if not any(re.match(r" +(?:image|build)\s*:", line) for line in lines):
        return []
    blocks = list(_children(lines))
    depths = (len(block[0]) - len(block[0].lstrip()) if block else 0 for _, block in blocks)
    services = all(
        any(re.match(rf" {{{depth}}}(?:image|build|extends)\s*:", line) for line in block)
        for (_, block), depth in zip(blocks, depths, strict=True)
    )
    return blocks if services else []


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
            depth, below = len(anchor[1]) - _stands_alone(line), list[str]()
            for later in lines[number + 1 :]:
                if len(later) - len(later.lstrip()) <= depth:
                    break
                below.append(later)
            anchors[anchor[2]] = "\n".join([anchor[3], *below])
    return anchors


def _stands_alone(line: str) -> bool:
    """Whether an anchor has a line of its own: what it names is as deep as the anchor."""
    return bool(re.fullmatch(r"\s*&[\w-]+", line))


def _service(name: str, block: list[str], anchors: dict[str, str]) -> Service:
    lines = "\n".join(block)
    text = "\n".join(
        [lines, *(anchors.get(alias, "") for alias in re.findall(r"\*([\w-]+)", lines))]
    )
    match = _IMAGE.search(text)
    image = (match[1] or match[2]) if match else ""
    image = anchors[image[1:]].strip("\"' ") if image[:1] == "*" and image[1:] in anchors else image
    profiles = _PROFILES.search(text)
    return Service(name, image, _context(text), profiles[1] if profiles else "", text)


def _context(text: str) -> str:
    if not (build := _BUILD.search(text)):
        return ""
    named = _CONTEXT.search(text)
    plain = named[1] if named else build[1] if build[0].lstrip(" {,\"'")[:5] == "build" else ""
    return _DEFAULT.sub(r"\1", plain) or "."
