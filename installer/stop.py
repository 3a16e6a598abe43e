"""How the installer fails: one line with what, why and what to do, and an exit code."""

from __future__ import annotations


class Stop(Exception):
    """Exit 2: wrong arguments or destination. Exit 69: no usable Python, pip or packages."""

    def __init__(self, exit_code: int, message: str, fix: str) -> None:
        super().__init__(f"error: {message}; fix: {fix}")
        self.exit_code = exit_code
