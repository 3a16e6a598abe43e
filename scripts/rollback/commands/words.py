"""The typed words: environment and target in any order; ambiguity is an error."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from typing import Literal

from msgspec import Struct

from rollback.settings.environment import PRODUCTION_LIKE, WELL_KNOWN, aliases, named
from rollback.errors import Usage
from rollback.settings.model import Settings
from rollback.text import clean, hides, meant

Action = Literal["rollback", "history", "status", "restore"]
ACTIONS: tuple[Action, ...] = ("history", "status", "restore")
WHOLE = "--whole"  # the last line of SKILL.md's heredoc: proves that nothing was cut off

_RELEASE = re.compile(r"(?=.*\d|https://|[0-9a-f]{7,40}\Z)[A-Za-z0-9][\w.+:/@~-]{0,127}", re.ASCII)


class Words(Struct, frozen=True):
    """`environment` is the full name or None; `target` is `previous`, a version or release id."""

    environment: str | None = None
    target: str = "previous"
    action: Action = "rollback"


def parse(
    words: Sequence[str], settings: Settings, is_release: Callable[[str], bool] = lambda word: False
) -> Words:
    """Read the words; `is_release` is asked about a word that does not look like a release.

    Raises Usage (unknown-word, two-environments, two-targets).
    """
    environments: list[str] = []
    targets: list[str] = []
    for word in words:
        if (environment := named(settings, word)) is not None:
            environments.append(environment)
        elif word == "previous" or word in ACTIONS or _RELEASE.fullmatch(word) or is_release(word):
            targets.append(word)
        else:
            raise _unknown(word, environments, targets, settings)
    environment = _only(environments, "two-environments", "environment")
    target = _only(targets, "two-targets", "target") or "previous"
    for action in ACTIONS:
        if target == action:
            return Words(environment, action=action)
    return Words(environment, target)


def _only(names: Sequence[str], code: str, kind: str) -> str | None:
    if len(names) > 1:
        message = f"more than one {kind}: {', '.join(map(clean, names))}"
        raise Usage(code, message, f"name one {kind}")
    return names[0] if names else None


def _unknown(
    word: str, environments: Sequence[str], targets: Sequence[str], settings: Settings
) -> Usage:
    understood = [
        *(f"environment {name}" for name in environments),
        *(f"target {clean(name)}" for name in targets),
    ]
    shown = repr(clean(word) or "an empty word")
    message = f"{shown} is not an environment, release or target word"
    if understood:
        message += f"; understood: {', '.join(understood)}"
    names = tuple(settings.environments) or PRODUCTION_LIKE + WELL_KNOWN
    message += meant(word, (*names, *aliases(settings), "previous", *ACTIONS))
    known = ", ".join(names)
    fix = f"environments: {known}; targets: previous, a version, a release id, {', '.join(ACTIONS)}"
    return Usage("unknown-word", message, fix)


def from_stdin(text: str) -> list[str]:
    """Return the words of a text that ends with the line `--whole`.

    Raises Usage (arguments-cut, hidden-characters, quotes).
    """
    body, _, last = text.rstrip("\n").rpartition("\n")
    if last != WHOLE:
        message = f"the arguments were cut off (no last line {WHOLE})"
        raise Usage("arguments-cut", message, "type them on one line, without backticks")
    if hides(body):
        message = "the arguments contain control or invisible characters"
        raise Usage("hidden-characters", message, "type them again by hand")
    try:
        return shlex.split(body)
    except ValueError:
        message = f"unclosed quote in: {clean(body)}"
        raise Usage("quotes", message, "close it, or put the text in double quotes") from None
