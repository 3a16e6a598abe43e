"""The one way the installer fails: a line that says what, why and the next move, and an exit code of the skill's contract."""

from __future__ import annotations


class Stop(Exception):
    """exit 2: the words or the destination are wrong; exit 69: Python, pip or the packages cannot be had."""

    def __init__(self, exit_code: int, message: str, fix: str) -> None:
        super().__init__(f"error: {message}; fix: {fix}")
        self.exit_code = exit_code
