"""May we, and does the cluster accept it? One rules review for all, and a server-side dry run of each patch."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from typing import Any

from rollback.errors import RollbackError
from rollback.model import Command, Finding, Move
from rollback.platforms.kubernetes.change import payloads, stem, wanted
from rollback.platforms.kubernetes.content import printed
from rollback.platforms.kubernetes.kubectl import kubectl
from rollback.platforms.kubernetes.workloads import KINDS
from rollback.shell import Answer, Shell, last_line

MOST = 20  # workloads whose patch is tried; each costs a call
_ROW = re.compile(r"^(?P<resources>\S+)\s+\[.*?\]\s+\[(?P<names>.*?)\]\s+\[(?P<verbs>.*?)\]\s*$")


def question(moves: Sequence[Move]) -> Command:
    return kubectl(moves[0].target.details, "auth", "can-i", "--list")


def findings(moves: Sequence[Move], answer: Answer | RollbackError, needs: Sequence[tuple[str, str]] = ()) -> Iterator[Finding]:
    """`needs`: further (verb, resource.group) pairs besides patching the workloads."""
    if isinstance(answer, RollbackError) or answer.status:
        return  # the dry run tells
    wants = [("patch", f"{KINDS[move.target.details['kind']]}.apps") for move in moves]
    rows = [row for line in answer.stdout.splitlines() if (row := _ROW.match(line))]
    missing = [want for want in dict.fromkeys([*wants, *needs]) if not any(_allows(row, *want) for row in rows)]
    if missing:
        place = moves[0].target.details
        rules = " && ".join(
            f"kubectl -n {place['namespace']} create role rollback-{verb}-{what.partition('.')[0]} --verb={verb} --resource={what}"
            for verb, what in missing
        )
        said = ", ".join(f"{verb} {what}" for verb, what in missing)
        yield Finding(
            "blocker", "rbac", f"not allowed in namespace {place['namespace']}: {said}", f"an administrator runs: {rules}, and binds it to you"
        )


def try_out(moves: Sequence[Move], shell: Shell) -> Iterator[Finding]:
    """Admission, quota of the object itself, immutable fields: everything the server checks before it stores."""
    if not hasattr(os, "memfd_create"):
        yield Finding("note", "admission-untested", "the patches were not tried on the server (this system has no memory files)")
        return
    tried = moves[:MOST]
    files = [_memory_file(payloads(move)[f"{stem(move)}.patch.json"]) for move in tried]
    try:
        answers = shell.ask_all([_dry_run(move, file) for move, file in zip(tried, files, strict=True)])
    finally:
        for file in files:
            os.close(file)
    for move, answer in zip(tried, answers, strict=True):
        yield from _about(move, answer)
    if len(moves) > MOST:
        yield Finding("note", "admission-untested", f"{len(moves) - MOST} of {len(moves)} patches were not tried on the server")


def _dry_run(move: Move, file: int) -> Command:
    details = move.target.details
    # the patch may hold values: neither on a disk nor in the list of processes
    path = f"/proc/{os.getpid()}/fd/{file}"
    output = "--output=jsonpath={.spec.template}"
    return kubectl(details, "patch", details["kind"], details["name"], "--type=json", "--dry-run=server", f"--patch-file={path}", output)


def _about(move: Move, answer: Any) -> Iterator[Finding]:
    key = f"{move.target.details['kind']}/{move.target.details['name']}"
    if isinstance(answer, RollbackError):
        yield Finding("warning", "admission-untested", f"{key}: the patch could not be tried: {answer.message}")
    elif answer.status and "orbidden" in answer.stderr and "cannot patch" in answer.stderr:
        return  # the rules review says it, with the Role
    elif answer.status and "the server rejected our request" in answer.stderr:
        yield Finding("blocker", "moving", f"{key} was changed while this plan was made", "plan again")
    elif answer.status:
        yield Finding(
            "blocker", "admission-refused", f"{key}: the cluster refuses the change: {last_line(answer.stderr)}", "see what the message names"
        )
    elif answer.stdout.strip() != printed(wanted(move)):
        message = f"{key}: the cluster would store another template than the one asked for (a mutating admission rule)"
        yield Finding("blocker", "admission-changes", message, "the change could not be proven by reading it back: deploy the old release instead")


def _memory_file(text: str) -> int:
    file = os.memfd_create("patch")
    os.write(file, text.encode())
    return file


def _allows(row: re.Match[str], verb: str, resource: str) -> bool:
    name, _, group = resource.partition(".")
    verbs, resources = row["verbs"].split(), row["resources"]
    return not row["names"] and (verb in verbs or "*" in verbs) and resources in (resource, "*.*", f"*.{group}", name if not group else resource)
