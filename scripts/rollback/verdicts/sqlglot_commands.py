"""Statements that sqlglot only passes on as text, its "Command": the few whose text is enough."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from rollback.verdicts import operations as to
from rollback.verdicts.operations import Operation

_NAME = r"(?:`[^`]+`|\"[^\"]+\"|\w+)"
_TABLE = rf"(?:{_NAME}\.)?({_NAME})"
_HARMLESS = r"(?:UNLOCK|LOCK|OPTIMIZE|CHECK|FLUSH) TABLES?\b|VACUUM\b|REINDEX\b"


def operations(text: str) -> list[Operation] | None:
    """Return what the statement does; None where its text does not tell."""
    text = " ".join(text.split())
    for pattern, read in _READERS:
        if match := re.match(pattern, text, re.IGNORECASE):
            return list(read(match))
    return None


def _rename_tables(match: re.Match[str]) -> Iterator[Operation]:
    for pair in match[1].split(","):
        names = re.fullmatch(rf" ?{_TABLE} TO {_TABLE} ?", pair, re.IGNORECASE)
        if names is None:
            yield to.Opaque(f"RENAME TABLE {pair}"[:60])
        else:
            yield to.RenameTable(_plain(names[1]), _plain(names[2]))


def _plain(name: str) -> str:
    return name.strip('`"')


_Reader = Callable[[re.Match[str]], Iterator[Operation]]
_READERS: tuple[tuple[str, _Reader], ...] = (
    (_HARMLESS, lambda match: iter([to.Harmless(match[0].lower())])),
    (r"RENAME TABLES? (.*)", _rename_tables),
    (
        rf"REPLACE (?:LOW_PRIORITY |DELAYED )?(?:INTO )?{_TABLE}",
        lambda match: iter([to.Write("replace", _plain(match[1]))]),
    ),
    (
        rf"ALTER TABLE {_TABLE} ADD CHECK ?\([^;]*\)$",
        lambda match: iter([to.AddConstraint(_plain(match[1]), "check")]),
    ),
    (
        rf"CREATE (?:FULLTEXT|SPATIAL) INDEX ({_NAME}) ON {_TABLE}",
        lambda match: iter([to.CreateIndex(_plain(match[1]), _plain(match[2]), unique=False)]),
    ),
)
