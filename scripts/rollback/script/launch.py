"""Start a script from the bytes that were hashed, and stay with it until it ends.

Its environment is a fixed list of variables.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from rollback.approval import approvals
from rollback.errors import ApprovalNeeded, NotInstalled
from rollback.text import clean

RUNNER = "runner.sh"
_SOURCED = b"\n. ./runner.sh\n"
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# never BASH_ENV, ENV, PYTHON*, LD_*: they would run or replace code that nobody approved
_PASSED = re.compile(
    r"PATH|HOME|USER|LOGNAME|LANG|LC_\w+|TERM|TMPDIR|TZ|XDG_\w+|SSH_AUTH_SOCK|DOCKER_\w+|KUBECONFIG"
    r"|(?:https?|no|all)_proxy|(?:HTTPS?|NO|ALL)_PROXY|SSL_CERT_(?:FILE|DIR)"
)


class Ending(Struct, frozen=True):
    """How a script ended: its exit code (negative: killed by that signal) and its error."""

    exit: int
    message: str = ""
    fix: str = ""


def whole(files: Mapping[str, bytes], script: str) -> bytes:
    """Return a script's bytes with those of the runner and the libraries in place of the line
    that sources the runner.

    Raises ApprovalNeeded (run-tampered).
    """
    parts = files[script].split(_SOURCED)
    if len(parts) != 2:
        raise ApprovalNeeded(
            "run-tampered", f"{script} does not source {RUNNER} exactly once", "make a new plan"
        )
    libraries = [files[name] for name in approvals.libraries(files)]
    return b"\n".join([parts[0], files[RUNNER], *libraries, b"LIBRARIES_LOADED=yes", parts[1]])


def run(
    content: bytes,
    folder: Path,
    environment: Mapping[str, str],
    lock: int,
    tell: Callable[[str], None],
) -> Ending:
    """Run the script; `tell` gets each output line. Raises NotInstalled (no-bash).

    `environment` is the script's whole environment.
    """
    bash = shutil.which("bash")
    if bash is None:
        raise NotInstalled("no-bash", "bash is not on PATH", "install bash")
    with tempfile.TemporaryFile() as script:  # unlinked: bash reads exactly what was hashed
        script.write(content)
        script.seek(0)
        process = subprocess.Popen(
            [bash, "-s"],
            stdin=script,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**environment, "ROLLBACK_LOCK_FD": str(lock)},
            pass_fds=(lock,),
            start_new_session=True,  # Ctrl-C reaches the script once: from us
        )
        with process, _forwarding_signals(process):
            error = _report_output(process, tell)
    return Ending(process.returncode, *error)


def ask(
    content: bytes, folder: Path, word: str, variables: Iterable[str], seconds: float | None = None
) -> str:
    """Return the output of a script's reading mode within a timeout in seconds, or ""."""
    bash = shutil.which("bash")
    if bash is None:
        return ""
    limit = {} if seconds is None else {"ROLLBACK_SECONDS": str(int(seconds))}
    done = subprocess.run(
        [bash, "-s", "--", word],
        input=content,
        capture_output=True,
        cwd=folder,
        env={**environment(variables), **limit},
    )
    return done.stdout.decode(errors="replace")


def _report_output(
    process: subprocess.Popen[bytes], tell: Callable[[str], None]
) -> tuple[str, str]:
    """Report every line but the error at the end, which is returned."""
    message, fix = "", ""
    for raw in process.stdout or ():
        line = raw.decode(errors="replace").rstrip("\n")
        if line.startswith("error: "):
            message = clean(line[7:], 600)
        elif message and line.startswith("  fix: "):
            fix = clean(line[7:], 600)
        else:
            tell(" " * (len(line) - len(line.lstrip())) + clean(line, 600))
    return message, fix


def environment(variables: Iterable[str]) -> dict[str, str]:
    needed = set(variables)
    passed = {name: value for name, value in os.environ.items() if is_passed(name, needed)}
    return {"HOME": os.path.expanduser("~"), **passed}


def is_passed(name: str, variables: Collection[str]) -> bool:
    """Whether a script gets this variable; `variables` are those that its commands need."""
    return bool(_PASSED.fullmatch(name)) or name in variables


@contextlib.contextmanager
def _forwarding_signals(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Forward signals to the script, which finishes its journal line and ends."""

    def hand_on(number: int, _: object) -> None:
        process.send_signal(number)

    before = {
        number: signal.signal(number, hand_on)
        for number in _SIGNALS
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def stopping() -> Iterator[None]:
    """While no script runs, TERM and HUP end us like Ctrl-C: the result is still recorded."""

    def stop(number: int, _: object) -> None:
        raise KeyboardInterrupt

    before = {
        number: signal.signal(number, stop)
        for number in _SIGNALS[1:]
        if signal.getsignal(number) is signal.SIG_DFL
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
