"""Databases that only another place reaches: the command that starts a program there."""

from __future__ import annotations

from rollback.errors import Unreadable
from rollback.model import Address, Command
from rollback.shell import Answer, last_line
from rollback.text import clean

START = 5  # seconds that the command may take until the program runs


def client(address: Address) -> Command:
    """Return the command of an address that has one: engines/__init__.py chooses by that."""
    assert address.client is not None, "this engine is chosen for addresses with a client"
    return address.client


def not_started(address: Address, answer: Answer, program: str) -> Unreadable:
    """Return the error of a command that did not get as far as the program."""
    why = last_line(answer.stderr or answer.stdout)
    message = f"database {address.location} cannot be reached: {why}"
    fix = f"this must start {program} there: {clean(str(client(address)), 200)} {program} --version"
    return Unreadable("database-unreachable", message, fix)
