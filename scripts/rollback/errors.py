"""Errors: one class per exit code, one code word per error, one fix.

How a run ended is an Outcome, not an error.
"""

from __future__ import annotations


class RollbackError(Exception):
    """`code` is a unique word for programs; `message` says what, where, why; `fix` what to do."""

    exit_code = 1

    def __init__(self, code: str, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fix = fix


class Usage(RollbackError):
    """Wrong words, wrong settings, or a choice is needed."""

    exit_code = 2


class NothingToRollBackTo(RollbackError):
    exit_code = 3


class ApprovalNeeded(RollbackError):
    exit_code = 4


class Blocked(RollbackError):
    exit_code = 6


class Locked(RollbackError):
    exit_code = 9


class Drifted(RollbackError):
    """The live state is not what the plan saw, or the plan expired."""

    exit_code = 10


class Unreadable(RollbackError):
    """The platform cannot be read: tool missing or too old, unreachable, TLS, login, forbidden."""

    exit_code = 12


class NotInstalled(RollbackError):
    exit_code = 69


class Interrupted(RollbackError):
    exit_code = 130


class Computed(Exception):
    """What only running a migration would tell. It ends no run: the reader reports `what`."""

    def __init__(self, line: int, code: str) -> None:
        self.what = f"line {line}: {' '.join(code.split())[:60]}"
        super().__init__(self.what)


class Irreversible(Exception):
    """What a migration tool refuses to reverse. It ends no run: the plan reports the text."""
