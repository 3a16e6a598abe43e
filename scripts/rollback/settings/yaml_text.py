"""Safe YAML: bounded size and depth, no duplicate keys, errors with file and line.

Somebody else may have written the file.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rollback.errors import Usage
from rollback.text import clean

MOST_NODES = 10_000  # with every alias written out
MOST_DEPTH = 30


def read(data: bytes, name: str) -> Any:
    """Return the one document in `data`, None if empty.

    Raises Usage (settings-yaml), which never shows values.
    """
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        text = data.decode("utf-8")
        _measure(yaml.parse(text, loader), name)
        node = yaml.compose(text, loader)
        _refuse_duplicates(node, name)
        return yaml.load(text, loader)  # noqa: S506  (a safe loader either way)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _wrong(name, line, error.problem or "is not YAML") from None
    except (
        yaml.YAMLError,
        ValueError,
    ) as error:  # ValueError: not UTF-8, or a date or number that cannot exist
        raise _wrong(
            name, _line(data, error), "contains bytes or values that YAML does not allow"
        ) from None


def _wrong(name: str, line: int, problem: str) -> Usage:
    return Usage(
        "settings-yaml",
        f"{name}, line {line}: {clean(problem)}",
        "correct that line; settings.example.yml shows the form",
    )


def _line(data: bytes, error: Exception) -> int:
    start = getattr(error, "start", getattr(error, "position", None))
    return data[:start].count(b"\n") + 1 if isinstance(start, int) else 1


def _measure(events: Iterable[Any], name: str) -> None:
    """Reject deep nesting and aliases of aliases.

    An alias counts as everything it stands for.
    """
    sizes: dict[str, int] = {}
    inside: list[tuple[str | None, int]] = []  # anchor and node count where each open node began
    total = 0
    for event in events:
        kind = type(event).__name__
        if kind in ("SequenceStartEvent", "MappingStartEvent"):
            inside.append((event.anchor, total))
        elif kind in ("SequenceEndEvent", "MappingEndEvent"):
            anchor, before = inside.pop()
            sizes[anchor or ""] = total - before
        elif kind == "AliasEvent":
            if any(event.anchor == anchor for anchor, _ in inside):
                raise _wrong(name, event.start_mark.line + 1, "holds itself")
            total += sizes.get(event.anchor, 0)
        total += 1
        if total > MOST_NODES or len(inside) > MOST_DEPTH:
            raise _wrong(
                name, event.start_mark.line + 1, "is nested too deeply, or grows too large"
            )


def _refuse_duplicates(node: Any, name: str) -> None:
    """Reject duplicate keys: YAML takes the last one, which could unprotect an environment."""
    if node is None or isinstance(node.value, str):
        return
    seen: set[str] = set()
    for child in node.value:
        for part in child if isinstance(child, tuple) else (child,):
            _refuse_duplicates(part, name)
        key = child[0].value if isinstance(child, tuple) else None
        if isinstance(key, str) and key != "<<" and (key in seen or seen.add(key)):  # type: ignore[func-returns-value]
            raise _wrong(name, child[0].start_mark.line + 1, f"the key {key} is there twice")
