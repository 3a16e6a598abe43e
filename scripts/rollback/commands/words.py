"""What was typed: an environment and a target word in any order; what cannot be told apart is refused, not guessed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from typing import Literal

from msgspec import Struct

from rollback.settings.environment import PRODUCTION_LIKE, WELL_KNOWN, named
from rollback.errors import Usage
from rollback.settings.model import Settings
from rollback.text import clean, hides

Action = Literal["rollback", "history", "status", "restore"]
ACTIONS: tuple[Action, ...] = ("history", "status", "restore")
WHOLE = "--whole"  # the last line of SKILL.md's heredoc: shows that nothing was cut off

_RELEASE = re.compile(r"(?=.*\d|[0-9a-f]{7,40}\Z)[A-Za-z0-9][\w.+:/@~-]{0,127}", re.ASCII)


class Words(Struct, frozen=True):
    """`environment` is its full name, None when none was named; `target` is `previous`, a version or a release id."""

    environment: str | None = None
    target: str = "previous"
    action: Action = "rollback"


def parse(
    words: Sequence[str], settings: Settings, is_release: Callable[[str], bool] = lambda word: False
) -> Words:
    """`is_release` is asked about a word that does not look like a release. Raises Usage (unknown-word, two-environments, two-targets)."""
    environments: list[str] = []
    targets: list[str] = []
    for word in words:
        if (environment := named(settings, word)) is not None:
            environments.append(environment)
        elif word == "previous" or word in ACTIONS or _RELEASE.fullmatch(word) or is_release(word):
            targets.append(word)
        else:
            raise _unknown(word, environments, targets, settings)
    _one(environments, "two-environments", "environment")
    _one(targets, "two-targets", "target")
    target = targets[0] if targets else "previous"
    action = next((one for one in ACTIONS if one == target), None)
    return Words(
        environments[0] if environments else None,
        "previous" if action else target,
        action or "rollback",
    )


def _one(found: Sequence[str], code: str, kind: str) -> None:
    if len(found) > 1:
        raise Usage(
            code, f"more than one {kind}: {', '.join(map(clean, found))}", f"name one {kind}"
        )


def _unknown(
    word: str, environments: Sequence[str], targets: Sequence[str], settings: Settings
) -> Usage:
    understood = [
        *(f"environment {name}" for name in environments),
        *(f"target {clean(name)}" for name in targets),
    ]
    known = ", ".join(settings.environments or PRODUCTION_LIKE + WELL_KNOWN)
    message = f"{clean(word) or 'an empty word'!r} is no environment, release or target word; understood: {', '.join(understood) or 'nothing else'}"
    return Usage(
        "unknown-word",
        message,
        f"environments: {known}; targets: previous, a version, a release id, {', '.join(ACTIONS)}",
    )


def from_stdin(text: str) -> list[str]:
    """The words of a text that ends with the line `--whole`. Raises Usage (arguments-cut, hidden-characters, quotes)."""
    body, _, last = text.rstrip("\n").rpartition("\n")
    if last != WHOLE:
        raise Usage(
            "arguments-cut",
            f"the arguments did not arrive whole (no last line {WHOLE})",
            "type them on one line, without backticks",
        )
    if hides(body):
        raise Usage(
            "hidden-characters",
            "the arguments hold control or invisible characters",
            "type them again by hand",
        )
    try:
        return shlex.split(body)
    except ValueError:
        raise Usage(
            "quotes",
            f"a quote is not closed in: {clean(body)}",
            "close it, or put the text in double quotes",
        ) from None
