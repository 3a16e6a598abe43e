"""Whether the cluster accepts the change: a dry run of each patch on the server."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from rollback.errors import RollbackError
from rollback.model import Command, Finding, Level, Move
from rollback.platforms._cluster.content import printed
from rollback.platforms._cluster.kubectl import kubectl
from rollback.platforms._cluster.preflight import server_warnings
from rollback.platforms.kubernetes.details import after, of
from rollback.platforms.kubernetes.patches import forward
from rollback.shell import Answer, Shell, last_line

MOST = 20  # workloads whose patch is tried; each costs a call


def findings(moves: Sequence[Move], shell: Shell) -> Iterator[Finding]:
    """Report what the server rejects: admission, quota of the object, immutable fields."""
    if not hasattr(os, "memfd_create"):
        yield _untested("no dry run of the patches on the server (this system has no memory files)")
        return
    tried = moves[:MOST]
    for move, answer in zip(tried, _ask(tried, shell), strict=True):
        yield from _verdict(move, answer)
    if len(moves) > MOST:
        yield _untested(f"no dry run of {len(moves) - MOST} of {len(moves)} patches on the server")


def _ask(moves: Sequence[Move], shell: Shell) -> list[Answer | RollbackError]:
    files = [_memory_file(printed(forward(move))) for move in moves]
    try:
        return shell.ask_all(
            [_command(move, file) for move, file in zip(moves, files, strict=True)]
        )
    finally:
        for file in files:
            os.close(file)


def _command(move: Move, file: int) -> Command:
    details = of(move.target)
    # the patch may hold values: neither on a disk nor in the list of processes
    words = ("--type=json", "--dry-run=server", f"--patch-file=/proc/{os.getpid()}/fd/{file}")
    output = "--output=jsonpath={.spec.template}"
    return kubectl(details, "patch", details.kind, details.name, *words, output)


def _verdict(move: Move, answer: Answer | RollbackError) -> Iterator[Finding]:
    key = of(move.target).key
    if isinstance(answer, Answer):
        yield from server_warnings.findings(key, server_warnings.of(answer.stderr))
    if isinstance(answer, RollbackError):
        yield _untested(f"{key}: the dry run of the patch failed: {answer.message}", "warning")
    elif answer.status and "orbidden" in answer.stderr and "cannot patch" in answer.stderr:
        return  # the rules review reports it, with the Role
    elif answer.status and "the server rejected our request" in answer.stderr:
        message = f"{key} was changed while this plan was made"
        yield Finding("blocker", "moving", message, "plan again")
    elif answer.status:
        message = f"{key}: the cluster rejects the change: {last_line(answer.stderr)}"
        fix = "fix the problem named in the message"
        yield Finding("blocker", "admission-refused", message, fix)
    elif answer.stdout.strip() != printed(after(move)):
        message = (
            f"{key}: the cluster would store a different template than requested"
            " (a mutating admission rule)"
        )
        fix = "the change could not be verified by reading it back: deploy the old release instead"
        yield Finding("blocker", "admission-changes", message, fix)


def _untested(message: str, level: Level = "note") -> Finding:
    return Finding(level, "admission-untested", message)


def _memory_file(text: str) -> int:
    file = os.memfd_create("patch")
    os.write(file, text.encode())
    return file
