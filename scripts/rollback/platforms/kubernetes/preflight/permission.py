"""May we, and does the cluster accept it? One rules review for all, and a server-side dry run of each patch."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rollback.errors import RollbackError
from rollback.model import Command, Finding, Move
from rollback.platforms.kubernetes import from_history, holders, lease, stuck
from rollback.platforms.kubernetes.change import payloads, stem, wanted
from rollback.platforms.kubernetes.content import printed
from rollback.platforms.kubernetes.kubectl import kubectl
from rollback.platforms.kubernetes.workloads import KINDS
from rollback.shell import Answer, Shell, last_line

MOST = 20  # workloads whose patch is tried; each costs a call
_ROW = re.compile(r"^(?P<resources>\S+)\s+\[.*?\]\s+\[(?P<names>.*?)\]\s+\[(?P<verbs>.*?)\]\s*$")


def question(moves: Sequence[Move]) -> Command:
    return kubectl(moves[0].target.details, "auth", "can-i", "--list")


def findings(moves: Sequence[Move], answer: Answer | RollbackError) -> Iterator[Finding]:
    """What the steps need in this namespace and may not, with the Role that allows it."""
    if isinstance(answer, RollbackError) or answer.status:
        return  # the dry run tells
    wants = [("patch", f"{KINDS[move.target.details['kind']]}.apps") for move in moves] + [
        *(lease.NEEDS if lease.wanted(moves) else ())
    ]
    wants += (
        [("get", f"{kind}.apps") for kind in holders.kinds(moves).split(",")]
        if from_history.asked(moves)
        else []
    )
    wants += stuck.NEEDS if any(map(stuck.is_stuck, moves)) else ()
    rows = [row for line in answer.stdout.splitlines() if (row := _ROW.match(line))]
    missing: dict[str, list[str]] = {}
    for verb, what in dict.fromkeys(wants):
        if not any(_allows(row, verb, what) for row in rows):
            missing.setdefault(what, []).append(verb)
    if missing:
        yield _lacks(moves[0].target.details["namespace"], missing)


def _lacks(namespace: str, missing: Mapping[str, Sequence[str]]) -> Finding:
    said = "; ".join(f"{' '.join(verbs)} {what}" for what, verbs in missing.items())
    rules = " && ".join(
        f"kubectl -n {namespace} create role rollback-{what.partition('.')[0]} --verb={','.join(verbs)} --resource={what}"
        for what, verbs in missing.items()
    )
    fix = f"an administrator runs: {rules}, and binds it to you"
    if set(missing) == {lease.NEEDS[0][1]}:
        fix += f"; or plan with --{lease.OPTION}: nothing then keeps other machines away"
    return Finding("blocker", "rbac", f"not allowed in namespace {namespace}: {said}", fix)


def try_out(moves: Sequence[Move], shell: Shell) -> Iterator[Finding]:
    """Admission, quota of the object itself, immutable fields: everything the server checks before it stores."""
    if not hasattr(os, "memfd_create"):
        yield Finding(
            "note",
            "admission-untested",
            "the patches were not tried on the server (this system has no memory files)",
        )
        return
    tried = moves[:MOST]
    files = [_memory_file(payloads(move)[f"{stem(move)}.patch.json"]) for move in tried]
    try:
        answers = shell.ask_all(
            [_dry_run(move, file) for move, file in zip(tried, files, strict=True)]
        )
    finally:
        for file in files:
            os.close(file)
    for move, answer in zip(tried, answers, strict=True):
        yield from _about(move, answer)
    if len(moves) > MOST:
        yield Finding(
            "note",
            "admission-untested",
            f"{len(moves) - MOST} of {len(moves)} patches were not tried on the server",
        )


def _dry_run(move: Move, file: int) -> Command:
    details = move.target.details
    # the patch may hold values: neither on a disk nor in the list of processes
    path = f"/proc/{os.getpid()}/fd/{file}"
    output = "--output=jsonpath={.spec.template}"
    return kubectl(
        details,
        "patch",
        details["kind"],
        details["name"],
        "--type=json",
        "--dry-run=server",
        f"--patch-file={path}",
        output,
    )


def _about(move: Move, answer: Any) -> Iterator[Finding]:
    key = f"{move.target.details['kind']}/{move.target.details['name']}"
    if isinstance(answer, RollbackError):
        yield Finding(
            "warning",
            "admission-untested",
            f"{key}: the patch could not be tried: {answer.message}",
        )
    elif answer.status and "orbidden" in answer.stderr and "cannot patch" in answer.stderr:
        return  # the rules review says it, with the Role
    elif answer.status and "the server rejected our request" in answer.stderr:
        yield Finding(
            "blocker", "moving", f"{key} was changed while this plan was made", "plan again"
        )
    elif answer.status:
        yield Finding(
            "blocker",
            "admission-refused",
            f"{key}: the cluster refuses the change: {last_line(answer.stderr)}",
            "see what the message names",
        )
    elif answer.stdout.strip() != printed(wanted(move)):
        message = f"{key}: the cluster would store another template than the one asked for (a mutating admission rule)"
        yield Finding(
            "blocker",
            "admission-changes",
            message,
            "the change could not be proven by reading it back: deploy the old release instead",
        )


def _memory_file(text: str) -> int:
    file = os.memfd_create("patch")
    os.write(file, text.encode())
    return file


def _allows(row: re.Match[str], verb: str, resource: str) -> bool:
    name, _, group = resource.partition(".")
    verbs, resources = row["verbs"].split(), row["resources"]
    return (
        not row["names"]
        and (verb in verbs or "*" in verbs)
        and resources in (resource, "*.*", f"*.{group}", name if not group else resource)
    )
