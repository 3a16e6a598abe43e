"""What migration tools share: what a file is, ids in file names, files that are SQL."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from rollback.verdicts.operations import Operation

# native: the tool runs a down by itself. per-file: only where the file holds one. computed: from
# the difference of two schemas. manual: a person writes it.
Reversal = Literal["native", "per-file", "computed", "manual", "none"]


NO_COMMAND = ""  # of a tool that goes forward on a newer database, too


class Script(Struct, frozen=True):
    """A migration file and what it does going forward; `id` is as the tool's own table has it.

    `after` are the ids that it follows, of a tool that keeps only the newest ones in its table.
    """

    id: str
    path: str
    operations: tuple[Operation, ...]
    after: tuple[str, ...] = ()


# text in quotes, or (2) a comment
_ASIDE = re.compile(
    r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\$(\w*)\$.*?\$\1\$|(--[^\n]*|/\*.*?(?:\*/|\Z))", re.DOTALL
)
Read = Callable[[Mapping[str, str]], list[Script]]


def sql(
    identify: Callable[[str], str | None], up: Callable[[str], str | None] = lambda text: text
) -> Read:
    """Return the `read` of a tool whose files are SQL.

    `identify` returns a file's id, None where it is no migration; `up` the part of its text that
    goes forward, None where it is not SQL.
    """

    def read(files: Mapping[str, str]) -> list[Script]:
        from rollback.verdicts.operations import Opaque, Sql

        def operations(text: str) -> tuple[Operation, ...]:
            forward = up(text)
            return (Opaque("not a SQL file") if forward is None else Sql(forward),)

        scripts = [
            Script(id, path, operations(text))
            for path, text in files.items()
            if (id := identify(path)) is not None
        ]
        return by_number(scripts)

    return read


def unread(*endings: str) -> Read:
    """Return the `read` of a tool whose files only it can read: their verdict is unknown."""

    def read(files: Mapping[str, str]) -> list[Script]:
        from rollback.verdicts.operations import Opaque

        what = Opaque("only its tool knows the SQL of this file")
        paths = [path for path in files if path.endswith(endings)]
        return by_number(Script(by_name(path) or path, path, (what,)) for path in paths)

    return read


def ended(text: str) -> str:
    """Return SQL with a semicolon at its end, so that more can follow."""
    code = _ASIDE.sub(lambda match: "" if match[2] else "''", text).rstrip()
    if not code or code.endswith(";"):
        return text
    return text.rstrip() + ("\n;" if "--" in text.rstrip().rpartition("\n")[2] else ";")


def by_number(scripts: Iterable[Script]) -> list[Script]:
    """Return them in the order of their ids, "10" after "9", as most tools do."""
    return sorted(scripts, key=lambda script: _numbers(script.id))


def in_order(scripts: Iterable[Script], before: Mapping[str, Iterable[str]]) -> list[Script]:
    """Return each script after those whose ids `before` lists for it, else in order of number."""
    waiting = {script.path: script for script in by_number(scripts)}
    paths: dict[str, list[str]] = {}
    for script in waiting.values():
        paths.setdefault(script.id, []).append(script.path)
    ordered: list[Script] = []
    while waiting:
        stack = [next(iter(waiting))]
        while stack:
            needed = (
                path for id in before.get(waiting[stack[-1]].id, ()) for path in paths.get(id, ())
            )
            first = next((path for path in needed if path in waiting and path not in stack), None)
            if first:
                stack.append(first)
            else:
                ordered.append(waiting.pop(stack.pop()))
    return ordered


def _numbers(id: str) -> list[tuple[int, str]]:
    return [
        (int(part), "") if part.isdigit() else (-1, part) for part in re.findall(r"\d+|\D+", id)
    ]


def by_name(path: str) -> str | None:
    """Return the file name without its ending."""
    return re.sub(r"\.[^./]+$", "", path.rpartition("/")[2]) or None


def section(text: str, up: str, down: str) -> str:
    """Return the lines after one that matches `up` and before one that matches `down`."""
    lines, inside = [], False
    for line in text.splitlines():
        if re.match(up, line, re.IGNORECASE):
            inside = True
        elif re.match(down, line, re.IGNORECASE):
            inside = False
        elif inside:
            lines.append(line)
    return "\n".join(lines)
