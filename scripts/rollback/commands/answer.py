"""What a script answers: facts for programs, lines for people, an exit code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from rollback import cli


class Answer(Struct, frozen=True):
    facts: dict[str, Any]
    lines: Sequence[str]
    exit: int = 0

    def show(self, as_json: bool) -> int:
        """Print it and return the exit code."""
        cli.show(self.facts, as_json, lambda: self.lines)
        return self.exit
