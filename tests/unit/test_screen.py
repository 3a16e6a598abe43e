"""What a terminal shows: blocks apart, lines wrapped at words, blockers in colour; a pipe gets the bare lines."""

from __future__ import annotations

import os
import pty
import struct
import termios
from fcntl import ioctl

import pytest

from rollback import screen

COMMAND = "python3 /home/ana/.claude/skills/deployment-rollback/scripts/execute.py /home/ana/shop/.rollback-checkpoint-20261124-040511"
LINES = (
    "plan: blocked",
    screen.BREAK,
    f"blocker quota: {'word ' * 40}",
    screen.BREAK,
    screen.BREAK,
    "  fix: x",
    f"next: {COMMAND}",
)


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    yield theirs
    os.close(ours)
    os.close(theirs)


def test_lines_are_wrapped_at_words_and_commands_are_not(terminal):
    rows = screen.text(LINES, terminal).splitlines()
    assert [row for row in rows if len(row) > 80 and COMMAND not in row] == [rows[2]]
    assert len(rows[2].replace("\x1b[1;31m", "").replace("\x1b[0m", "")) <= 80
    assert rows[3].startswith("  word") and f"  {COMMAND}" in rows


def test_blocks_stand_apart_by_one_blank_line(terminal):
    rows = screen.text(LINES, terminal).splitlines()
    assert rows[1] == "" and rows[rows.index("  fix: x") - 1] == ""
    assert rows[rows.index("  fix: x") - 2] != ""


def test_a_blocker_has_a_colour_unless_nobody_wants_it(terminal, monkeypatch):
    assert "\x1b[1;31mblocker quota:\x1b[0m word" in screen.text(LINES, terminal)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in screen.text(LINES, terminal)
    monkeypatch.setenv("NO_COLOR", "")
    assert "\x1b" in screen.text(LINES, terminal)


def test_a_pipe_gets_every_line_as_it_is():
    reading, writing = os.pipe()
    try:
        assert screen.text(LINES, writing) == "\n".join(line for line in LINES if line)
    finally:
        os.close(reading)
        os.close(writing)
