"""A person at a terminal: a pseudo terminal in a clean process that no agent client is above."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Mapping, Sequence

AND_TELL = 'trap : INT; "$@"; printf "\\n[exit %s]\\n" "$?"'


def at_terminal(
    argv: Sequence[str],
    environment: Mapping[str, str],
    answer: str | bytes | None,
    asked: str = "Type ",
) -> tuple[int, str]:
    """Run it; type `answer` once `asked` shows on the screen. Returns exit status and everything that was shown."""
    master, slave = pty.openpty()
    words = ["setsid", "--fork", "--ctty", "sh", "-c", AND_TELL, "sh", *argv]
    subprocess.run(
        words, stdin=slave, stdout=slave, stderr=slave, env=dict(environment), check=True
    )
    os.close(slave)
    screen, typed, end = "", answer is None, time.monotonic() + 60
    while not (ended := re.search(r"\[exit (\d+)\]", screen)):
        assert time.monotonic() < end, screen
        if select.select([master], [], [], 0.1)[0]:
            screen += os.read(master, 65536).decode(errors="replace")
        if not typed and asked in screen and screen.rstrip("\r\n").endswith(": "):
            os.write(master, answer if isinstance(answer, bytes) else f"{answer}\n".encode())
            typed = True
    os.close(master)
    return int(ended[1]), screen.replace("\r\n", "\n")
