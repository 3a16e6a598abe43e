"""One question to the person at the terminal, whatever standard input and output are."""

from __future__ import annotations

import os
import select

from rollback import screen
from rollback.errors import ApprovalNeeded


def ask(text: str, question: str) -> str:
    """Show `text`, ask, and return the answer, trimmed.

    Raises ApprovalNeeded (no-terminal, no-answer).
    """
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        fix = "run it in a terminal, or unattended: see --digest in --help"
        raise ApprovalNeeded(
            "no-terminal", "approval needed, and there is no terminal to ask on", fix
        ) from None
    try:
        _write(terminal, f"{screen.text(text.splitlines(), terminal)}\n\n{question}")
        answer = _line(terminal)
    except OSError:
        answer = None
    finally:
        os.close(terminal)
    if answer is None:
        raise ApprovalNeeded("no-answer", "no answer; nothing was changed", "run it again")
    return answer.strip()


def _write(terminal: int, text: str) -> None:
    data = text.encode(errors="replace")
    while data:
        data = data[os.write(terminal, data) :]


def _line(terminal: int) -> str | None:
    """Read up to the end of the line; None when input ends before that."""
    data = b""
    while not data.endswith(b"\n"):
        while not select.select([terminal], [], [], 1)[0]:
            pass  # handles a Ctrl-C that came just before the wait began
        if not (more := os.read(terminal, 1)):
            return None
        data += more
    return data.decode(errors="replace")
