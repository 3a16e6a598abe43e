"""Read-only commands to platforms, with timeouts, side by side where possible. No writes."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rollback.errors import RollbackError, Unreadable
from rollback.model import Command
from rollback.text import clean


class Answer(tuple[int, str, str]):
    """Exit status, standard output and standard error of a program that ran to its end."""

    __slots__ = ()

    @property
    def status(self) -> int:
        return self[0]

    @property
    def stdout(self) -> str:
        return self[1]

    @property
    def stderr(self) -> str:
        return self[2]


# $1 is the helper's folder. When the pipe to us breaks, however we ended, the helper's process
# group ends and its folder is removed.
_BESIDE = (
    'folder=$1; shift; trap : TERM; "$@" </dev/null & exec >/dev/null; '
    'read -r _; kill 0; wait; rm -rf -- "$folder"'
)


# variables that name files and folders; one of them names several
_PATHS = re.compile(r"KUBECONFIG|[A-Z]\w*_(?:CONFIG|FILE|DIR|HOME|PATH|PLUGINS|CREDENTIALS)")


def absolute_paths(project: Path) -> dict[str, str]:
    """Return the variables that name files relative to the working directory, made absolute.

    Whoever runs elsewhere needs them so. A file that is not there is looked for in the project.
    """
    named = {name: value for name, value in os.environ.items() if _PATHS.fullmatch(name)}
    absolute = {name: _absolute(value, project) for name, value in named.items()}
    return {name: value for name, value in absolute.items() if value != named[name]}


def _absolute(value: str, project: Path) -> str:
    """Return a list of paths; those of files that are nowhere stay as they are."""
    return os.pathsep.join(_absolute_path(path, project) for path in value.split(os.pathsep))


def _absolute_path(path: str, project: Path) -> str:
    folders = (Path.cwd(), project) if path and not os.path.isabs(path) else ()
    existing = (folder / path for folder in folders if (folder / path).exists())
    return str(next((os.path.abspath(file) for file in existing), path))


class Served:
    """A helper that answers on the Unix socket `path`, in a folder only this user may enter."""

    def __init__(self, command_for: Callable[[str], Command], cwd: Path) -> None:
        folder = tempfile.mkdtemp(prefix="rollback-")
        self.path = f"{folder}/socket"
        self._process = subprocess.Popen(
            ("sh", "-c", _BESIDE, "sh", folder, *command_for(self.path).argv),
            cwd=cwd,
            env={**os.environ, **absolute_paths(cwd), "LC_ALL": "C.UTF-8"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._ready: bool | None = None
        self._asking = threading.Lock()

    def ready(self, seconds: float = 10) -> bool:
        """Whether it serves: it says so in a first line."""
        with self._asking:
            if self._ready is None:
                assert self._process.stdout is not None
                readable = select.select([self._process.stdout], [], [], seconds)[0]
                self._ready = bool(readable and self._process.stdout.readline())
            return self._ready


class Shell:
    """Starts programs in `cwd`: argv lists, a timeout, no standard input, untranslated messages."""

    def __init__(self, cwd: Path) -> None:
        self.cwd = cwd
        self._alone: set[subprocess.Popen[str]] = set()
        self.served: dict[
            str, Served
        ] = {}  # name -> a reading helper that lives as long as this shell

    def ask(
        self,
        command: Command,
        variables: Mapping[str, str | None] | None = None,
        given: str | None = None,
    ) -> Answer:
        """Run a read-only command, whatever its exit status.

        `variables` are set for it alone, None removes; `given` is its standard input. Both may be
        secrets, which no argument may hold.
        Raises Unreadable (tool-missing, timed-out).
        """
        self._find(command.argv[0])
        try:
            done = subprocess.run(
                command.argv,
                cwd=self.cwd,
                env=_environment(self.cwd, variables or {}),
                **({"stdin": subprocess.DEVNULL} if given is None else {"input": given}),
                capture_output=True,
                text=True,
                errors="replace",
                timeout=command.timeout,
            )
        except subprocess.TimeoutExpired:
            raise _late(command) from None
        return Answer((done.returncode, done.stdout, done.stderr))

    def ask_alone(self, command: Command) -> Answer:
        """Run a command of the settings like `ask`; at its limit what it started ends, too.

        It has a session of its own, so it can ask nobody at the terminal.
        """
        self._find(command.argv[0])
        try:
            process = subprocess.Popen(
                command.argv,
                cwd=self.cwd,
                env=_environment(self.cwd, {}),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                start_new_session=True,
            )
        except OSError as error:  # a script without a first line that names its program
            message = f"{clean(command.argv[0])} cannot be started: {error.strerror}"
            raise Unreadable("tool-broken", message, "run it yourself to see why") from None
        self._alone.add(process)
        try:
            output, errors = process.communicate(timeout=command.timeout)
        except BaseException as error:
            _end(process)
            if isinstance(error, subprocess.TimeoutExpired):
                raise _late(command) from None
            raise
        finally:
            self._alone.discard(process)
        return Answer((process.returncode, output, errors))

    def end_alone(self) -> None:
        """End what `ask_alone` runs on other threads: an interrupt reaches the main one only."""
        for process in tuple(self._alone):
            _end(process)

    def _find(self, tool: str) -> None:
        """Look for a program: one with a slash where it would be started."""
        if shutil.which(self.cwd / tool if "/" in tool else tool) is None:
            where = "is not a program here" if "/" in tool else "is not on PATH"
            raise Unreadable(
                "tool-missing",
                f"{tool} {where}",
                f"install {tool}, or run this where it is installed",
            )

    def read(self, command: Command) -> str:
        """Return the standard output of a read-only command.

        Raises Unreadable (read-failed) with the last line of its stderr.
        """
        answer = self.ask(command)
        if answer.status:
            raise Unreadable(
                "read-failed",
                f"{command} exited {answer.status}: {last_line(answer.stderr)}",
                "run that command yourself to see why",
            )
        return answer.stdout

    def json(self, command: Command) -> Any:
        try:
            return json.loads(self.read(command))
        except ValueError as error:
            raise Unreadable(
                "not-json", f"{command} did not print JSON: {error}", "check the tool's version"
            ) from None

    def ask_all(self, commands: Sequence[Command]) -> list[Answer | RollbackError]:
        """Run up to 8 independent reads side by side; an entry is an error if its read failed."""
        from concurrent.futures import ThreadPoolExecutor

        def one(command: Command) -> Answer | RollbackError:
            try:
                return self.ask(command)
            except RollbackError as error:
                return error

        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(one, commands))


def _late(command: Command) -> Unreadable:
    message = f"timed out after {command.timeout:g} s: {command}"
    return Unreadable("timed-out", message, "check the connection, then try again")


def _end(process: subprocess.Popen[str]) -> None:
    """End a program and what it started."""
    with contextlib.suppress(OSError):  # all of it has ended, or it belongs to somebody else
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _environment(cwd: Path, variables: Mapping[str, str | None]) -> dict[str, str]:
    given = {**os.environ, **absolute_paths(cwd), "LC_ALL": "C.UTF-8", **variables}
    return {name: value for name, value in given.items() if value is not None}


def last_line(text: str) -> str:
    """Return the last line with text, cleaned and shortened: tools put the reason there."""
    lines = [line for line in text.splitlines() if line.strip()]
    return clean(lines[-1], 300) if lines else "(no message)"
