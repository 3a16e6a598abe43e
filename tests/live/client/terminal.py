"""The real client in a terminal of its own (tmux): typed keys in, what a person sees out."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from client import QUIET
from fake_model import FakeModel
from world import World

KEY = QUIET["ANTHROPIC_API_KEY"]
PATIENCE = 120  # seconds for anything to show up on a busy machine


class Terminal:
    def __init__(self, socket: Path) -> None:
        self._tmux = ("tmux", "-S", str(socket))

    def tmux(self, *words: str) -> str:
        return subprocess.run(
            [*self._tmux, *words], capture_output=True, text=True, check=True
        ).stdout

    @property
    def screen(self) -> str:
        return self.tmux("capture-pane", "-p", "-t", "client")

    def wait_for(self, text: str) -> str:
        """The screen, once it holds this text."""
        return self._wait(lambda screen: text in screen, f"{text!r} did not show up")

    def press_until_gone(self, key: str, text: str) -> None:
        """A question that has only just been drawn may not listen yet."""
        end = time.monotonic() + PATIENCE
        while text in self.screen:
            assert time.monotonic() < end, f"{text!r} did not go away:\n{self.screen}"
            self.press(key)
            with contextlib.suppress(AssertionError):
                self._wait(lambda screen: text not in screen, "still there", 15)

    def _wait(self, holds: Callable[[str], bool], otherwise: str, seconds: float = PATIENCE) -> str:
        end = time.monotonic() + seconds
        while not holds(screen := self.screen):
            assert time.monotonic() < end, f"{otherwise}:\n{screen}"
            time.sleep(0.2)
        return screen

    def press(self, key: str) -> None:
        self.tmux("send-keys", "-t", "client", key)

    def type(self, text: str, until: str) -> str:
        self.tmux("send-keys", "-t", "client", "-l", text)
        self.wait_for(text[-20:])
        self.press("Enter")
        return self.wait_for(until)


@contextlib.contextmanager
def opened(world: World, steps: list[Any], columns: int = 100) -> Iterator[Terminal]:
    """Without the questions of a first start; in the mode in which a terminal starts."""
    if not shutil.which("tmux"):
        pytest.skip("tmux is not installed")
    trusted = {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}
    start = {
        "hasCompletedOnboarding": True,
        "customApiKeyResponses": {"approved": [KEY[-20:]]},
        "projects": {str(world.project): trusted},
    }
    (world.home / ".claude.json").write_text(json.dumps(start))
    model = FakeModel(steps, [])
    quiet = {
        **QUIET,
        "TERM": "xterm-256color",
        "CLAUDE_CODE_DISABLE_OFFICIAL_MARKETPLACE_AUTOINSTALL": "1",
    }
    path = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
    environment = {**quiet, "HOME": str(world.home), "ANTHROPIC_BASE_URL": model.url, "PATH": path}
    command = [
        "env",
        "-i",
        *(f"{name}={value}" for name, value in environment.items()),
        str(world.program),
    ]
    terminal = Terminal(world.home / "tmux")
    try:
        terminal.tmux(
            "new-session",
            "-d",
            "-s",
            "client",
            "-x",
            str(columns),
            "-y",
            "40",
            "-c",
            str(world.project),
            *command,
        )
        terminal.wait_for("❯")
        yield terminal
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            terminal.tmux("kill-server")
        model.shutdown()
        model.server_close()
