"""A host that serves the application, and how a shell command runs there: locally, or over ssh."""

from __future__ import annotations

import re
import shlex

from msgspec import Struct

from rollback.errors import RollbackError, Unreadable, Usage
from rollback.model import Command
from rollback.shell import Answer, last_line
from rollback.text import clean

SSH = ("ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10")  # never prompts
# only a connection of its own reports the host key, and only with -v
REPORT_HOST_KEY = ("-v", "-o", "ControlPath=none")
NO_SUCH_PATH = 66  # exit status of our scripts


class Folder(Struct, frozen=True):
    """A release on a host: topmost `entries`, `links`, and the last files of a build (`built`)."""

    revision: str = ""
    marks: frozenset[str] = frozenset()
    entries: frozenset[str] = frozenset()
    links: frozenset[str] = frozenset()
    built: frozenset[str] = frozenset()


class Host(Struct, frozen=True):
    """What one host reported. `name` is what ssh is given, "" for this machine; `key` its host key.

    `link` is the text of `current`, `live` the release it points to.
    `deploying` is the release that a link named `release` points to.
    `archived` are the releases that Capistrano packed into rolled-back-release-NAME.tar.gz.
    `log` names the tool that wrote `log_lines`.
    """

    name: str
    path: str = ""
    machine: str = ""
    key: str = ""
    link: str | None = None
    live: str | None = None
    current_is_no_link: bool = False
    folders: dict[str, Folder] = {}
    by_mtime: tuple[str, ...] = ()
    deploying: str | None = None
    archived: frozenset[str] = frozenset()
    log: str | None = None
    log_lines: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return self.name.removeprefix("ssh://") or self.machine

    @property
    def where(self) -> str:
        return f"{self.label}:{self.path}"


def destination(name: str) -> str:
    """Return ssh's argument for a host; "host:port" becomes an ssh:

    URL.

    Raises Usage (bad-host).
    """
    if name.startswith("-") or re.search(r"[\s\x00-\x1f]", name):
        raise Usage(
            "bad-host",
            f"hosts: {clean(name)!r} is not an ssh destination",
            "write [user@]host, [user@]host:port or a name from your ssh configuration",
        )
    return f"ssh://{name}" if re.fullmatch(r"[^:/\[\]]+:\d+", name) else name


def command(host: str, script: str, *arguments: str, timeout: float = 60) -> Command:
    """Return a read-only POSIX shell script as a command that runs on the host."""
    words = ("sh", "-c", script, "sh", *arguments)
    if host:
        words = (*SSH, *REPORT_HOST_KEY, "--", host, shlex.join(words))
    return Command(words, timeout)


def output(host: str, answer: Answer | RollbackError) -> str:
    """Return standard output.

    Raises Unreadable (ssh-failed, no-such-path, read-failed) naming the host.
    """
    if isinstance(answer, RollbackError):
        raise answer
    if answer.status:
        raise _failure(host, answer.status, _reason(answer.stderr))
    return answer.stdout


def _reason(stderr: str) -> str:
    lines = stderr.splitlines()
    return last_line(
        "\n".join(line for line in lines if not line.startswith(("debug1:", "OpenSSH_")))
    )


def _failure(host: str, status: int, reason: str) -> Unreadable:
    label = host or "this machine"
    if host and status == 255:
        fix = f"try: ssh -o BatchMode=yes {shlex.quote(host)} true"
        return Unreadable("ssh-failed", f"{label} cannot be reached: {reason}", fix)
    if status == NO_SUCH_PATH:
        return Unreadable("no-such-path", f"{label}: {reason}", "correct path: in the settings")
    message = f"{label}: reading failed with exit {status}: {reason}"
    return Unreadable("read-failed", message, "log in to that host and check")
