"""A host that serves the application, and how a piece of shell is run there: here, or over ssh."""

from __future__ import annotations

import re
import shlex

from msgspec import Struct

from rollback.errors import RollbackError, Unreadable, Usage
from rollback.model import Command
from rollback.shell import Answer, last_line
from rollback.text import clean

SSH = ("ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10")  # never asks anything
TELLING = ("-v", "-o", "ControlPath=none")  # a connection of its own says which host key it met


class Folder(Struct, frozen=True):
    """One release on a host. `entries` are its topmost names and folders, `links` its links, `built` what a build writes last."""

    revision: str = ""
    marks: frozenset[str] = frozenset()
    entries: frozenset[str] = frozenset()
    links: frozenset[str] = frozenset()
    built: frozenset[str] = frozenset()


class Host(Struct, frozen=True):
    """What one host answered. `name` is "" for this machine, else what ssh is given; `key` its host key; `link` the text of `current`.

    `archived` are the releases that Capistrano packed into rolled-back-release-NAME.tar.gz.
    """

    name: str
    path: str = ""
    machine: str = ""
    key: str = ""
    link: str | None = None
    live: str | None = None
    taken: bool = False
    folders: dict[str, Folder] = {}
    by_mtime: tuple[str, ...] = ()
    unfinished: str | None = None
    archived: frozenset[str] = frozenset()
    log: str | None = None
    lines: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        return f"{self.name.removeprefix('ssh://') or self.machine}:{self.path}"


def destination(name: str) -> str:
    """What ssh is given for a host of the settings; name:port is written the way ssh wants it. Raises Usage (bad-host)."""
    if name.startswith("-") or re.search(r"[\s\x00-\x1f]", name):
        fix = "write [user@]host, [user@]host:port or a name of your ssh configuration"
        raise Usage("bad-host", f"hosts: {clean(name)!r} is no ssh destination", fix)
    return f"ssh://{name}" if re.fullmatch(r"[^:/\[\]]+:\d+", name) else name


def command(name: str, script: str, *arguments: str, timeout: float = 60) -> Command:
    """A read-only piece of POSIX shell, run here or there."""
    words = ("sh", "-c", script, "sh", *arguments)
    return Command(words if not name else (*SSH, *TELLING, "--", name, shlex.join(words)), timeout)


def answered(name: str, answer: Answer | RollbackError) -> str:
    """Standard output. Raises Unreadable (ssh-failed, no-such-path, read-failed) in words about the host."""
    if isinstance(answer, RollbackError):
        raise answer
    reason = last_line(
        "\n".join(
            line
            for line in answer.stderr.splitlines()
            if not line.startswith(("debug1:", "OpenSSH_"))
        )
    )
    place = name or "this machine"
    if name and answer.status == 255:
        raise Unreadable(
            "ssh-failed",
            f"{place} cannot be reached: {reason}",
            f"try: ssh -o BatchMode=yes {shlex.quote(name)} true",
        )
    if answer.status == 66:
        raise Unreadable("no-such-path", f"{place}: {reason}", "correct path: in the settings")
    if answer.status:
        raise Unreadable(
            "read-failed", f"{place}: exit {answer.status}: {reason}", "look at that host yourself"
        )
    return answer.stdout
