"""The server's own word: every object of the target, tried and not stored. API versions that are gone, immutable fields, admission, rights."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from rollback.model import Finding
from rollback.platforms.helm.change import applies_on_server
from rollback.platforms.helm.preflight.pair import Pair
from rollback.platforms.kubernetes.kubectl import kubectl
from rollback.shell import Shell
from rollback.text import clean

# what a person changed may be overwritten, it is told as drift; what a controller keeps writing would fight back
_BY_HAND = re.compile(r"kubectl|helm|k9s|lens|node-fetch|rancher|before-first-apply", re.IGNORECASE)
_CONFLICT = re.compile(r'conflicts? with "([^"]+)"(?: with subresource "\w+")?')
# said by every server in the same words; a server-side merge can fail otherwise where Helm's own merge does not
_SURE = re.compile(
    r"field is immutable|immutable after creation|updates to statefulset spec|can not be less than|admission webhook|ValidatingAdmissionPolicy|"
    r"exceeded quota|cannot change roleRef|namespaces \"[^\"]*\" not found"
)
_GONE = re.compile(
    r'no matches for kind "[^"]+" in version "[^"]+"|could not find the requested resource'
)
_FEW = 3


def findings(both: Pair, shell: Shell) -> Iterator[Finding]:
    if not hasattr(os, "memfd_create"):
        yield Finding(
            "note",
            "admission-untested",
            "the manifest was not tried on the server (this system has no memory files)",
        )
        return
    own = applies_on_server(both.move, both.to)
    refused = _ask(both, shell, force=not own)
    if own and (fighting := _fighting(refused)):
        message = f"{both.release}: {', '.join(fighting)} writes fields of revision {both.to.number}, too: both would fight over them"
        fix = f"see who is right, then by hand: helm rollback {both.release} {both.to.number} --force-conflicts --wait"
        yield Finding("blocker", "conflict", message, fix)
    for line in list(dict.fromkeys(refused))[:_FEW]:
        yield from _about(both, line, own)


def _ask(both: Pair, shell: Shell, force: bool) -> list[str]:
    """One line for each object that was refused."""
    file = os.memfd_create("manifest")  # it may hold secrets: not on a disk
    try:
        os.write(file, both.to.manifest.encode())
        options = (
            "--server-side",
            "--dry-run=server",
            "--field-manager=helm",
            *(("--force-conflicts",) if force else ()),
            "--output=name",
        )
        answer = shell.ask(
            kubectl(
                both.place,
                "apply",
                *options,
                f"--filename=/proc/{os.getpid()}/fd/{file}",
                timeout=120,
            )
        )
    finally:
        os.close(file)
    if not answer.status or "no objects passed to apply" in answer.stderr:
        return []
    return [
        one
        for one in re.split(
            r"\n(?=Error from server|error: |The \w+ \")|\n(?=resource mapping not found)",
            answer.stderr,
        )
        if _says(one)
    ]


def _says(text: str) -> bool:
    return bool(text.strip()) and not text.startswith("Warning:")


def _fighting(refused: list[str]) -> list[str]:
    managers = dict.fromkeys(manager for line in refused for manager in _CONFLICT.findall(line))
    return [clean(manager, 40) for manager in managers if not _BY_HAND.match(manager)]


def _about(both: Pair, text: str, own: bool) -> Iterator[Finding]:
    where = f"revision {both.to.number} of {both.release}"
    if _CONFLICT.search(text):
        return
    if _GONE.search(text):
        fix = "bring that kind back, or deploy the old version without it"
        yield Finding(
            "blocker",
            "kind-gone",
            f"{where}: the cluster does not serve a kind of it: {clean(text, 200)}",
            fix,
        )
    elif "orbidden: User" in text:
        yield Finding(
            "blocker",
            "rbac",
            f"{where}: {clean(text, 200)}",
            "have an administrator allow it: Helm needs it, too",
        )
    elif own or _SURE.search(text):
        yield Finding(
            "blocker",
            "admission-refused",
            f"{where}: the cluster refuses it: {clean(text, 200)}",
            "see what the message names",
        )
    else:
        yield Finding(
            "warning",
            "admission-doubtful",
            f"{where}: a trial was refused: {clean(text, 200)}",
            "Helm merges otherwise and may succeed",
        )
